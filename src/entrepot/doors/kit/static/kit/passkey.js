// Passkeys: asks the browser for one, or for a new one, and sends what it answers with the form.
"use strict";

(() => {
  const form = document.querySelector("form[data-passkey]"), start = document.querySelector("[data-passkey-start]");
  if (!window.PublicKeyCredential?.parseCreationOptionsFromJSON) {
    start.disabled = true;
    return;
  }
  const options = JSON.parse(document.querySelector("#passkey-options").textContent);
  const asked = options.publicKey ?? options;
  start.addEventListener("click", async () => {
    if (!form.reportValidity()) return;
    try {
      const made = form.dataset.passkey === "get"
        ? await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked) })
        : await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(asked) });
      form.elements.credential.value = JSON.stringify(made.toJSON());
      form.submit();
    } catch (problem) {
      // The user closed the browser's window, or the device holds no such passkey: the form is still there.
      document.dispatchEvent(new CustomEvent("toast", { detail: { text: document.querySelector("#words").dataset.failed, tone: "t-warn" } }));
      console.info(problem.name);
    }
  });
})();
