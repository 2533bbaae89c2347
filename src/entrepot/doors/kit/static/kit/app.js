// What HTML cannot do alone: menu, theme, choosing rows, drawer, confirmation, keyboard, copying, calendar, toasts.
// No inline handlers and no eval, so that it runs under a strict content security policy.
"use strict";

const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const words = () => one("#words")?.dataset ?? {};
const make = (tag, props = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), props);
  element.append(...children);
  return element;
};

// ---- Menu, theme ---------------------------------------------------------------------------------------------------

function showMenu(open) {
  const side = one("#side");
  if (!side) return;
  side.classList.toggle("open", open);
  one("[data-menu]")?.setAttribute("aria-expanded", open);
  if (open) one("a", side)?.focus();
}

function switchTheme() {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  root.dataset.theme = (root.dataset.theme || system) === "dark" ? "light" : "dark";
  // A cookie, not local storage: the server then sends the page in the right colours and nothing flashes.
  document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
}

// Which parts of a long menu somebody unfolded goes with the next page, so that it is drawn so at once.
function keepFold(part) {
  const kept = new Set(all("#side details[open]").map(one => one.dataset.fold));
  if (part.open) kept.delete(part.dataset.fold); else kept.add(part.dataset.fold);
  document.cookie = `folds=${[...kept].join(".")}; path=/; max-age=31536000; samesite=lax`;
}

// ---- Toasts --------------------------------------------------------------------------------------------------------

function toast(text, tone = "") {
  const close = make("button", { type: "button", textContent: "×", ariaLabel: words().close });
  close.dataset.close = "";
  const box = make("div", { className: `toast ${tone}` }, make("span", { textContent: text }), close);
  one("#toasts")?.append(box);
  fade(box);
}

function fade(box) {
  // Bad news stays until it is closed.
  if (!box.matches(".t-bad")) setTimeout(() => box.matches(":hover") ? fade(box) : box.remove(), 6000);
}

// ---- Choosing rows -------------------------------------------------------------------------------------------------

const boxes = () => all("tbody [name=ids]");

function countRows() {
  const chosen = boxes().filter(box => box.checked).length;
  for (const place of all("[data-count]")) place.textContent = chosen;
  for (const box of all("[data-all]")) {
    box.checked = chosen > 0 && chosen === boxes().length;
    box.indeterminate = chosen > 0 && !box.checked;
  }
}

// ---- Confirmation --------------------------------------------------------------------------------------------------

let confirmed = null;

function ask(source, go) {
  const dialog = one("#confirm"), yes = one("[value=yes]", dialog);
  one("[data-text]", dialog).textContent = source.dataset.confirm;
  yes.textContent = source.dataset.confirmButton || words().confirm;
  yes.classList.toggle("danger", source.matches(".danger"));
  yes.classList.toggle("primary", !source.matches(".danger"));
  dialog.returnValue = "";
  dialog.onclose = () => { if (dialog.returnValue === "yes") go(); };
  dialog.showModal();
}

document.addEventListener("submit", event => {
  const form = event.target, source = [event.submitter, form].find(part => part?.dataset.confirm);
  if (source && confirmed !== form) {
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(source, () => { confirmed = form; form.requestSubmit(event.submitter); confirmed = null; });
  } else if (form.method === "post" && !form.hasAttribute("hx-post")) {
    // One click, one request. Disabled only after the browser has read the form, or the button's value would be lost.
    setTimeout(() => { for (const button of all("button", form)) button.ariaBusy = button.type === "submit"; });
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
    setTimeout(() => { delete form.dataset.sent; for (const button of all("button", form)) button.removeAttribute("aria-busy"); }, 4000);
  }
}, true);

document.addEventListener("htmx:confirm", event => {
  const source = event.detail.elt;
  if (!source.dataset?.confirm || event.detail.triggeringEvent?.type === "submit") return;
  event.preventDefault();
  ask(source, () => event.detail.issueRequest(true));
});

// ---- Copying -------------------------------------------------------------------------------------------------------

async function copy(button) {
  const text = button.dataset.copy;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // The clipboard is closed to pages that came over plain HTTP from another machine.
    const field = make("textarea", { value: text, readOnly: true, className: "hush" });
    (button.closest("dialog") ?? document.body).append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    if (!done) return toast(words().failed, "t-bad");
  }
  toast(words().copied);
}

// ---- Calendar ------------------------------------------------------------------------------------------------------

const iso = date => [date.getFullYear(), date.getMonth() + 1, date.getDate()].map(n => String(n).padStart(2, "0")).join("-");
const parse = text => /^\d{4}-\d\d-\d\d$/.test(text) && !isNaN(new Date(text + "T00:00")) ? new Date(text + "T00:00") : null;
const later = days => { const date = new Date(); date.setDate(date.getDate() + days); return date; };
let picker = null, pickerField = null, month = null;

function openPicker(field) {
  if (pickerField === field) return;
  closePicker();
  pickerField = field;
  month = parse(field.value) ?? new Date();
  picker = make("div", { className: "picker", role: "dialog", ariaLabel: words().calendar, popover: "manual" });
  // Inside an open drawer everything outside is inert, so the calendar has to live in there.
  (field.closest("dialog") ?? document.body).append(picker);
  drawMonth();
  picker.showPopover();
  const at = field.getBoundingClientRect(), size = picker.getBoundingClientRect();
  picker.style.left = `${Math.max(8, Math.min(at.left, innerWidth - size.width - 8))}px`;
  picker.style.top = `${at.bottom + size.height + 8 < innerHeight ? at.bottom + 4 : Math.max(8, at.top - size.height - 4)}px`;
}

function closePicker() {
  picker?.remove();
  picker = pickerField = null;
}

function drawMonth() {
  const lang = document.documentElement.lang, first = new Date(month.getFullYear(), month.getMonth(), 1);
  const button = (text, label, act) => {
    const made = make("button", { type: "button", className: "square", textContent: text, ariaLabel: label });
    made.onclick = act;
    return made;
  };
  const turn = by => () => { month = new Date(month.getFullYear(), month.getMonth() + by, 1); drawMonth(); };
  const title = first.toLocaleDateString(lang, { year: "numeric", month: "long" });
  const monday = new Date(first);
  monday.setDate(1 - (first.getDay() + 6) % 7);
  const days = [...Array(42)].map((_, i) => new Date(monday.getFullYear(), monday.getMonth(), monday.getDate() + i));
  const names = days.slice(0, 7).map(day => make("th", { scope: "col", textContent: day.toLocaleDateString(lang, { weekday: "narrow" }) }));
  const cell = day => {
    const made = make("button", { type: "button", textContent: day.getDate(), ariaLabel: iso(day) });
    made.classList.toggle("other", day.getMonth() !== month.getMonth());
    if (iso(day) === iso(new Date())) made.ariaCurrent = "date";
    made.ariaPressed = iso(day) === pickerField.value;
    made.onclick = () => choose([iso(day)]);
    return make("td", {}, made);
  };
  const weeks = [...Array(6)].map((_, row) => make("tr", {}, ...days.slice(row * 7, row * 7 + 7).map(cell)));
  const quick = (text, values) => {
    const made = make("button", { type: "button", className: "link", textContent: text });
    made.onclick = () => choose(values());
    return made;
  };
  const today = () => iso(later(0)), range = pickerField.closest("[data-range]");
  const foot = range
    ? [quick(words().today, () => [today(), today()]), quick(words().week, () => [iso(later(-6)), today()]), quick(words().month, () => [iso(later(-29)), today()])]
    : [quick(words().today, () => [today()])];
  picker.replaceChildren(
    make("div", { className: "picker-head" }, button("‹", words().previous, turn(-1)), make("span", { textContent: title }), button("›", words().next, turn(1))),
    make("table", {}, make("thead", {}, make("tr", {}, ...names)), make("tbody", {}, ...weeks)),
    make("div", { className: "picker-foot" }, ...foot, quick(words().clear, () => range ? ["", ""] : [""])),
  );
}

function choose(values) {
  const field = pickerField, range = field.closest("[data-range]");
  // Two values fill a range, one value the field the calendar belongs to.
  const fields = values.length === 2 && range ? all("[data-day]", range) : [field];
  fields.forEach((target, i) => { target.value = values[i]; target.dispatchEvent(new Event("change", { bubbles: true })); });
  closePicker();
}

// ---- Clicks and changes --------------------------------------------------------------------------------------------

document.addEventListener("click", event => {
  const hit = selector => event.target.closest?.(selector);
  const only = hit("[data-only]");
  if (only) { for (const box of boxes()) box.checked = box.value === only.dataset.only; countRows(); }
  if (hit("[data-menu]")) showMenu(!one("#side").classList.contains("open"));
  else if (!hit("#side")) showMenu(false);
  if (hit("[data-theme-switch]")) switchTheme();
  if (hit("#side summary")) keepFold(hit("details"));
  if (hit("[data-close]")) hit(".toast")?.remove();
  if (hit("[data-copy]")) copy(hit("[data-copy]"));
  if (hit("[data-print]")) print();
  if (hit("[data-help]")) one("#help").showModal();
  const fill = hit("[data-fill]");
  if (fill) for (const [name, value] of Object.entries(JSON.parse(fill.dataset.fill))) one(`[name="${name}"]`).value = value;
  const more = hit("[data-more]");
  if (more) more.ariaExpanded = more.form.classList.toggle("open");
  for (const menu of all("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  if (event.target.matches?.("dialog")) event.target.close();
  if (picker && !hit(".picker") && event.target !== pickerField && event.target.isConnected) closePicker();
  if (hit("[data-day]")) openPicker(hit("[data-day]"));
});

document.addEventListener("change", event => {
  if (event.target.matches("[data-all]")) for (const box of boxes()) box.checked = event.target.checked;
  if (event.target.matches("[type=checkbox]")) countRows();
  const names = event.target.matches(".upload input") && [...event.target.files].map(file => file.name).join(", ");
  if (names) one("[data-name]", event.target.parentElement).textContent = names;
});

// ---- Keyboard ------------------------------------------------------------------------------------------------------

function rowBy(step) {
  const rows = all(".list tbody tr"), at = rows.findIndex(row => row.matches(".here"));
  const next = rows[Math.max(0, Math.min(rows.length - 1, at + step))];
  rows[at]?.classList.remove("here");
  next?.classList.add("here");
  next?.scrollIntoView({ block: "nearest" });
}

const here = selector => one("tr.here") && one(selector, one("tr.here"));
const keys = {
  "/": () => (one(".find input")?.checkVisibility() ? one(".find input") : one(".search input"))?.focus(),
  "?": () => one("#help")?.showModal(),
  j: () => rowBy(1), ArrowDown: () => rowBy(1),
  k: () => rowBy(-1), ArrowUp: () => rowBy(-1),
  x: () => here("[name=ids]")?.click(),
  Enter: () => here(".c-key a, a")?.click(),
  ArrowLeft: () => one(".pager [rel=prev]")?.click(),
  ArrowRight: () => one(".pager [rel=next]")?.click(),
};

document.addEventListener("keydown", event => {
  if (event.key === "Escape") {
    if (picker) { const field = pickerField; closePicker(); field.focus(); event.preventDefault(); }
    showMenu(false);
    for (const menu of all("details.menu[open]")) menu.open = false;
    return;
  }
  if (event.target.matches("[data-day]") && event.key === "ArrowDown") {
    openPicker(event.target);
    (one("[aria-pressed=true]", picker) ?? one("[aria-current]", picker) ?? one("td button", picker)).focus();
    return event.preventDefault();
  }
  if (picker?.contains(event.target)) {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 }[event.key];
    const days = all("td button", picker), target = days[days.indexOf(event.target) + step];
    if (step) { target?.focus(); event.preventDefault(); }
    return;
  }
  const typing = event.target.matches("input:not([type=checkbox]), textarea, select") || event.ctrlKey || event.metaKey || event.altKey;
  if (typing || one("dialog[open]") || !keys[event.key]) return;
  // Arrows scroll and Enter follows the focused link, unless a row is marked.
  if (/^(Arrow|Enter)/.test(event.key) && (!one("tr.here") || event.target !== document.body)) return;
  event.preventDefault();
  keys[event.key]();
});

// ---- HTMX ----------------------------------------------------------------------------------------------------------

document.addEventListener("htmx:beforeRequest", () => document.body.classList.add("loading"));
document.addEventListener("htmx:afterRequest", () => document.body.classList.remove("loading"));
document.addEventListener("htmx:afterSettle", event => {
  if (event.target.id === "drawer" && !event.target.open) event.target.showModal();
  if (event.target.id === "list") one(".table-scroll", event.target)?.scrollTo(0, 0);
  for (const box of all(".toast")) if (!box.dataset.seen) { box.dataset.seen = "1"; fade(box); }
  countRows();
});
// A form that came back with errors has status 422 and is shown like any other answer.
document.addEventListener("htmx:beforeSwap", event => {
  if (event.detail.xhr.status === 422) { event.detail.shouldSwap = true; event.detail.isError = false; }
});
document.addEventListener("htmx:responseError", event => {
  const status = event.detail.xhr.status;
  toast(status === 403 ? words().refused : status === 429 ? words().busy : words().failed, "t-bad");
});
document.addEventListener("htmx:sendError", () => toast(words().offline, "t-bad"));
document.addEventListener("toast", event => toast(event.detail.text, event.detail.tone));

// Back and forward may show the page from memory, with a sent form in it.
addEventListener("pageshow", () => { for (const form of all("form[data-sent]")) delete form.dataset.sent; });
for (const box of all(".toast")) { box.dataset.seen = "1"; fade(box); }
one("[data-focus]")?.focus();
countRows();
