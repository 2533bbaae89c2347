// A mall in Node whose signatures are made and checked by the npm package standardwebhooks alone: it names its address,
// places an order once that is active, and prints every callback whose signature holds, or `forged`.
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const { ENTREPOT_URL, ENTREPOT_KEY, ENTREPOT_SECRET, ENTREPOT_SKU } = process.env;
const requests = new Webhook(ENTREPOT_SECRET);
let callbacks; // under a secret of their own, which PUT /webhook tells
const say = (what) => console.log(JSON.stringify(what));

async function call(method, path, content) {
  const body = content === undefined ? "" : JSON.stringify(content);
  const nonce = randomBytes(16).toString("hex");
  const now = new Date();
  const headers = {
    "Content-Type": "application/json",
    "Entrepot-Key": ENTREPOT_KEY,
    "Entrepot-Timestamp": String(Math.floor(now.getTime() / 1000)),
    "Entrepot-Nonce": nonce,
    "Entrepot-Signature": requests.sign(nonce, now, `${method} ${path}\n${body}`),
  };
  const answer = await fetch(ENTREPOT_URL + path, { method, headers, body: body || undefined });
  return { status: answer.status, content: await answer.json() };
}

const receiver = createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  try {
    const event = callbacks.verify(Buffer.concat(parts).toString("utf8"), request.headers);
    if (event.type === "webhook.verify") response.end(event.data.challenge);
    else {
      say({ told: event.type, seq: event.seq, out_order_no: event.data.out_order_no });
      response.end();
    }
  } catch (fault) {
    say({ forged: fault.message });
    response.writeHead(401).end();
  }
});
receiver.listen(0, "127.0.0.1", async () => {
  const url = `http://127.0.0.1:${receiver.address().port}/hook`;
  const echo = await call("POST", "/api/v1/echo?what=%E6%9E%9C", { 水果: ["苹果", 1] });
  let address = await call("PUT", "/api/v1/webhook", { url });
  callbacks = new Webhook(address.content.secret);
  while (address.content.state !== "active") {
    await new Promise((resolve) => setTimeout(resolve, 100));
    address = await call("GET", "/api/v1/webhook");
  }
  const order = await call("POST", "/api/v1/orders", {
    out_order_no: "NPM-1",
    lines: [{ sku: ENTREPOT_SKU, qty: 2 }],
    consignee: { name: "王小明", phone: "13800000000", province: "浙江省", city: "杭州市", district: "西湖区", address: "文三路 1 号" },
  });
  say({ url, echo: echo.status, order: order.status, id: order.content.id });
});
