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
  document.querySelectorAll("input[data-all]").forEach((all) => {
    all.addEventListener("change", () => {
      all.closest("form").querySelectorAll("input[name=goods]").forEach((one) => {
        one.checked = all.checked;
      });
    });
  });
})();
