// The story by a client that openapi-typescript makes of the contract, over openapi-fetch. `buy` plays it up to the
// parcel, `receive` after it; each prints what it saw as one line of JSON. It is checked by tsc in strict mode first.
import { createHmac, randomBytes } from "node:crypto";
import createClient from "openapi-fetch";
import type { components, paths } from "./made.js";

type Wanted = components["schemas"]["OrderRequest"];
const { ENTREPOT_URL = "", ENTREPOT_KEY = "", ENTREPOT_SECRET = "", ENTREPOT_SKU = "", ENTREPOT_PICTURE = "" } = process.env;
const secret = Buffer.from(ENTREPOT_SECRET.replace("whsec_", ""), "base64");
const client = createClient<paths>({ baseUrl: ENTREPOT_URL });

// The hook: all that a generated client lacks.
client.use({
  async onRequest({ request }) {
    const url = new URL(request.url);
    const nonce = randomBytes(16).toString("hex");
    const time = String(Math.floor(Date.now() / 1000));
    const line = `${nonce}.${time}.${request.method} ${url.pathname}${url.search}\n`;
    const body = Buffer.from(await request.clone().arrayBuffer());
    request.headers.set("Entrepot-Key", ENTREPOT_KEY);
    request.headers.set("Entrepot-Timestamp", time);
    request.headers.set("Entrepot-Nonce", nonce);
    request.headers.set("Entrepot-Signature", `v1,${createHmac("sha256", secret).update(line).update(body).digest("base64")}`);
    return request;
  },
});

function done<T>(answer: { data?: T; error?: { code: string; detail: string } }): T {
  if (answer.data === undefined) throw new Error(`${answer.error?.code} ${answer.error?.detail}`);
  return answer.data;
}

const stock = async () => done(await client.POST("/api/v1/prices-stocks/query", { body: { skus: [ENTREPOT_SKU] } })).items[0]?.stock;
const balance = async () => done(await client.GET("/api/v1/balance"));
const place = (body: Wanted) => client.POST("/api/v1/orders", { body });
const confirm = async (order_id: string) =>
  done(await client.POST("/api/v1/orders/{order_id}/confirm", { params: { path: { order_id } } }));

function wanted(out_order_no: string, qty = 2, expected_price = 1050): Wanted {
  return {
    out_order_no,
    mode: "hold",
    lines: [{ sku: ENTREPOT_SKU, qty, expected_price }],
    consignee: { name: "王小明", phone: "13800000000", province: "浙江省", city: "杭州市", district: "西湖区", address: "文三路 1 号" },
  };
}

async function buy() {
  const seen: Record<string, unknown> = { stock: await stock() };
  seen.preview = done(await client.POST("/api/v1/orders/preview", { body: wanted("S-1") })).total;
  const order = done(await place(wanted("S-1")));
  Object.assign(seen, { state: order.state, total: order.total, stock_held: await stock(), held: (await balance()).held });
  const paid = await confirm(order.id);
  const drawn = await balance();
  Object.assign(seen, { paid: paid.state, balance: drawn.balance, held_then: drawn.held });
  const again = await place(wanted("S-1"));
  seen.replayed = [again.response.status, again.response.headers.get("Idempotent-Replayed"), again.data?.id === order.id];

  const second = done(await place(wanted("S-2")));
  const path = { order_id: second.id };
  const cancelled = done(await client.POST("/api/v1/orders/{order_id}/cancel", { params: { path } }));
  Object.assign(seen, { cancelled: cancelled.state, stock_cancelled: await stock() });

  await confirm(done(await place(wanted("S-3"))).id);
  const asked = { out_order_no: "S-3", type: "refund", reason: "changed_mind", lines: [{ line: 1, qty: 2 }] } as const;
  const body = { ...asked, lines: [...asked.lines] };
  const outlook = done(await client.POST("/api/v1/aftersales/check", { body }));
  const refund = done(await client.POST("/api/v1/aftersales", { body: { ...body, out_refund_no: "R-3" } }));
  const of = { params: { path: { out_order_no: "S-3" } } };
  const refunded = done(await client.GET("/api/v1/orders/by-out-no/{out_order_no}", of));
  seen.outlook = [outlook.allowed, outlook.money, outlook.amount];
  seen.refund = [refund.state, refund.refunded];
  seen.refunded = [refunded.state, refunded.refunds[0]?.amount];
  seen.stock_refunded = await stock();

  for (const [name, order] of Object.entries({ dear: wanted("S-4", 2, 1000), many: wanted("S-5", 99) })) {
    const { error } = await place(order);
    seen[name] = [error?.status, error?.code, error?.retry, error?.errors[0]?.pointer];
  }
  const upload = done(
    await client.POST("/api/v1/uploads", {
      body: ENTREPOT_PICTURE,
      headers: { "Content-Type": "application/octet-stream" },
      bodySerializer: (text: string) => Buffer.from(text, "base64"),
    }),
  );
  const kept = await client.GET("/api/v1/uploads/{upload_id}", { params: { path: { upload_id: upload.id } }, parseAs: "blob" });
  seen.picture = [upload.media_type, done(kept).size === upload.size];
  const ledger = done(await client.GET("/api/v1/ledger", { params: { query: { limit: 2 } } }));
  seen.ledger = ledger.items.map((row) => [row.kind, row.amount, row.out_order_no]);
  return { ...seen, more: ledger.has_more };
}

async function receive() {
  const order = done(await client.GET("/api/v1/orders/by-out-no/{out_order_no}", { params: { path: { out_order_no: "S-1" } } }));
  const params = { path: { order_id: order.id } };
  const parcels = done(await client.GET("/api/v1/orders/{order_id}/shipments", { params })).items;
  const received = done(await client.POST("/api/v1/orders/{order_id}/receipt", { params }));
  return {
    state: order.state,
    parcel: [parcels[0]?.carrier, parcels[0]?.lines.map((row) => [row.line, row.qty])],
    received: received.state,
    balance: (await balance()).balance,
    stock: await stock(),
  };
}

console.log(JSON.stringify(await (process.argv[2] === "buy" ? buy() : receive())));
