"use strict";
(() => {
  const worker = document.body.dataset.worker;
  if (worker && "serviceWorker" in navigator) {
    navigator.serviceWorker.register(worker, { scope: "/" }).catch(() => {});
  }
  // The number of pieces follows the least an article is sold in.
  const qty = document.getElementById("qty");
  document.querySelectorAll("input[data-least]").forEach((choice) => {
    choice.addEventListener("change", () => {
      if (qty) qty.value = choice.dataset.least;
    });
  });
  // Inside WeChat its own window takes the money; what it is given was signed by the shop.
  const pay = document.querySelector("button[data-wechat-pay]");
  if (pay) {
    const given = JSON.parse(document.getElementById("wechat-pay").textContent);
    const ask = () => {
      window.WeixinJSBridge.invoke("getBrandWCPayRequest", given, (answer) => {
        if (answer.err_msg === "get_brand_wcpay_request:ok") location.href = pay.dataset.done;
        else document.querySelector("[data-wechat-says]").textContent = pay.dataset.failed;
      });
    };
    pay.addEventListener("click", () => {
      if (window.WeixinJSBridge) ask();
      else document.addEventListener("WeixinJSBridgeReady", ask, { once: true });
    });
  }
  document.querySelectorAll("input[data-all]").forEach((all) => {
    all.addEventListener("change", () => {
      all.closest("form").querySelectorAll("input[name=goods]").forEach((one) => {
        one.checked = all.checked;
      });
    });
  });
})();
