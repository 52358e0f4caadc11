// Passkeys: the one thing that cannot be done without script. A form asks for options, the browser for the person,
// and the answer goes into the form, which is then sent as any other.
"use strict";

(() => {
  const able = window.PublicKeyCredential && PublicKeyCredential.parseRequestOptionsFromJSON;

  const options = async (form) => {
    const answer = await fetch(form.dataset.options, {
      method: "POST",
      headers: { "X-CSRFToken": form.elements.csrf_token.value, Accept: "application/json" },
    });
    if (answer.redirected || !answer.ok) throw new Error(String(answer.status));
    return answer.json();
  };

  const ask = async (form) => {
    const given = await options(form);
    if (given.go_to) {
      window.location.assign(given.go_to);
      return null;
    }
    const credential =
      form.dataset.passkey === "register"
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(given) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(given) });
    return JSON.stringify(credential.toJSON());
  };

  const send = async (event) => {
    const form = event.currentTarget;
    const problem = form.querySelector("[data-failed]");
    event.preventDefault();
    problem.textContent = "";
    try {
      const credential = await ask(form);
      if (credential === null) return;
      form.elements.credential.value = credential;
      form.submit();
    } catch {
      problem.textContent = problem.dataset.failed;
    }
  };

  const forms = document.querySelectorAll("form[data-passkey]");
  for (const form of forms) {
    if (form.dataset.bound) continue;
    form.dataset.bound = "yes";
    if (able) form.addEventListener("submit", send);
    else form.hidden = true;
  }
})();
