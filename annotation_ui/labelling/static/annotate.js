// The annotation screen. A label is kept in this browser before the next sentence is shown, and leaves
// it only when the server has said that it is on disk; sent twice it counts once, by its id.
const screen = document.getElementById("screen");
const { who, project, lang } = screen.dataset;
let { csrf } = screen.dataset;
const zh = lang === "zh";
const t = (en, cn) => (zh ? cn : en);
const $ = (id) => document.getElementById(id);
const rows = [...document.querySelectorAll(".row")];
const PREFETCH = 20, LOW = 8;
const PREFIX = `zhengce|${project}|${who}|`, REFUSED = `zhengce-refused|${project}|${who}|`;

let book = null, queue = [], current = null, levels = [], focus = 0, shownAt = 0;
let attributes = {}, touched = new Set(), holding = false, past = [], counter = 0, saved = 0;
let fetching = false, sending = false, delay = 1000, timer = null, online = true, exhausted = false;

// randomUUID exists on localhost and https only; a team may come over plain http through a tunnel.
const uuid = () => crypto.randomUUID ? crypto.randomUUID()
  : [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");

// ---- what waits to be sent: one key an event, so that several windows do not overwrite each other
const waiting = () => Object.keys(localStorage).filter((k) => k.startsWith(PREFIX)).sort();
const keep = (path, form) => {
  const key = `${PREFIX}${String(Date.now()).padStart(15, "0")}-${String(counter++).padStart(6, "0")}`;
  localStorage.setItem(key, JSON.stringify({ path, form }));
  send();
};
const post = (path, form) => fetch(path, {
  method: "POST", body: JSON.stringify(form), signal: AbortSignal.timeout(15000),
  headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
});

async function send() {
  clearTimeout(timer);
  status();
  if (sending) return;
  sending = true;
  try {
    for (let keys = waiting(); keys.length; keys = waiting()) {
      const { path, form } = JSON.parse(localStorage.getItem(keys[0]));
      const answer = await post(path, form);
      if (answer.status === 401) { say(t("You are logged out; your labels wait in this browser.", "已退出登录；标注保存在本浏览器中。"), "/login"); break; }
      if (answer.status >= 500 || answer.status === 429) throw new Error(String(answer.status));
      if (answer.status === 403 && await renewed()) continue;
      if (!answer.ok) refuse(keys[0], form, (await answer.json()).error);
      else { if (path === "/api/labels") saved += 1; else saved = Math.max(0, saved - 1); performance.mark(`saved:${form.id}`); }
      localStorage.removeItem(keys[0]);
      online = true; delay = 1000;
      status();
    }
  } catch {
    online = false;
    timer = setTimeout(send, delay);
    delay = Math.min(delay * 2, 8000);
  } finally { sending = false; status(); }
  if (online) fill();
}

// Whoever logged in again has another token; the label itself is fine.
async function renewed() {
  const me = await (await fetch("/api/me")).json();
  if (me.name !== who) { say(t("Another person is logged in now; your labels wait in this browser.", "当前登录的是另一人；您的标注保存在本浏览器中。"), "/login"); throw new Error("other person"); }
  const fresh = me.name === who && me.csrf !== csrf;
  if (fresh) csrf = me.csrf;
  return fresh;
}

// A refused label is not thrown away: it stays in the browser and is named on the page.
function refuse(key, form, line) {
  localStorage.setItem(REFUSED + form.id, JSON.stringify({ form, line }));
  say(`${t("Not taken", "未被接受")}: ${line}`);
}
function say(text, link) {
  const box = $("message");
  box.textContent = text;
  if (link) { const a = document.createElement("a"); a.href = link; a.textContent = " → " + t("log in", "登录"); box.append(a); }
  box.hidden = !text;
}

// ---- sentences
async function fill() {
  if (fetching || queue.length >= LOW) return;
  fetching = true;
  const unsent = waiting().map((k) => JSON.parse(localStorage.getItem(k)).form.sentence);
  const have = [...new Set([...queue.map((i) => i.sentence), current?.sentence, ...unsent])].filter(Number.isInteger).slice(0, 200);
  try {
    const answer = await fetch(`/api/next?count=${PREFETCH}&have=${have.join(",")}`);
    const found = await answer.json();
    if (!answer.ok) { say(found.error, answer.status === 401 ? "/login" : ""); return; }
    const known = new Set([...have, ...queue.map((i) => i.sentence), current?.sentence]);
    queue.push(...found.items.filter((i) => !known.has(i.sentence)));
    exhausted = found.items.length === 0;
    $("left").textContent = found.left;
    if (!current) advance();
  } catch { online = false; clearTimeout(timer); timer = setTimeout(send, delay); }
  finally { fetching = false; status(); }
}

function advance() {
  current = queue.shift() || null;
  show(null);
  if (queue.length < LOW) fill();
}

function show(before) {
  const empty = !current;
  $("card").hidden = $("rows").hidden = $("attributes").hidden = $("beside").hidden = empty;
  $("empty").hidden = !empty;
  $("empty-text").textContent = exhausted ? t("Nothing left for you to label.", "没有待您标注的句子了。")
    : online ? t("Loading …", "加载中……") : t("No connection, and no sentence in stock. Your labels are kept in this browser.", "网络中断且暂无预取句子；标注已保存在本浏览器中。");
  delete document.body.dataset.sentence;
  levels = rows.map(() => null); focus = 0; holding = false; touched = new Set();
  if (empty) { warn([]); return; }
  const past_ = current.section === "review" ? "past" : book.attributes.temporality.default;
  attributes = { temporality: past_, unit_type: book.attributes.unit_type.default, confidence: book.attributes.confidence.default, flags: [], subs: [] };
  const old = before || current.mine;
  if (old) {
    for (const name of ["temporality", "unit_type", "confidence"]) if (old[name]) attributes[name] = old[name];
    attributes.flags = [...(old.flags || [])]; attributes.subs = [...(old.subs || [])];
  }
  $("where").textContent = [current.region, current.year, names[current.section] || current.section, current.heading].filter(Boolean).join(" · ");
  $("before").textContent = current.previous; $("text").textContent = current.text; $("after").textContent = current.next;
  $("again").textContent = current.relabel ? `${t("To label again", "需重新标注")}: ${current.relabel}` : "";
  rows.forEach((row, i) => row.querySelectorAll("button").forEach((button, k) => {
    button.classList.toggle("was", Boolean(old) && old.levels[i] === k);
    button.classList.toggle("suggested", Boolean(current.suggestion) && current.suggestion.levels[i] === k);
  }));
  $("suggestion").textContent = current.suggestion ? `${t("Dotted: suggested by", "虚线：模型建议")} ${current.suggestion.model}` : "";
  document.body.dataset.sentence = current.sentence;
  shownAt = performance.now();
  paint();
  warn([]);
}

// ---- levels and attributes
const names = { review: t("review", "回顾"), plan: t("plan", "部署"), governance: t("governance", "自身建设"), other: t("other", "其他"),
  future: t("future", "未来"), past: t("past", "过去"), mixed: t("mixed", "混合"), diagnosis: t("diagnosis", "问题"), timeless: t("timeless", "无时态"),
  body: t("body", "正文"), heading: t("heading", "标题"), ritual: t("ritual", "程序用语"), glossary: t("glossary", "名词解释"), furniture: t("furniture", "页眉页脚") };

function paint() {
  rows.forEach((row, i) => {
    row.classList.toggle("focused", i === focus);
    row.querySelectorAll("button").forEach((button, k) => button.setAttribute("aria-pressed", String(levels[i] === k)));
  });
  const pressed = { u: attributes.confidence === "low", b: attributes.flags.includes("bad_split"), d: attributes.flags.includes("discuss") };
  for (const [key, on] of Object.entries(pressed)) $(`key-${key}`).setAttribute("aria-pressed", String(on));
  $("value-t").textContent = names[attributes.temporality] || attributes.temporality;
  $("value-y").textContent = names[attributes.unit_type] || attributes.unit_type;
  const subs = book.dimensions[focus].sub_indicators, chosen = subs.find((s) => attributes.subs.includes(s.id));
  $("value-s").textContent = chosen ? (zh ? chosen.zh : chosen.en) : "–";
  beside();
}

const broken = () => book.caps.filter((cap) => cap.values.includes(attributes[cap.attribute]))
  .flatMap((cap) => levels.map((level, i) => ({ cap, level, i })).filter((x) => x.level !== null && x.level > cap.max_level));

function warn(found) {
  const lines = [...new Set(found.map(({ cap, i, level }) => {
    const rule = book.rules.find((r) => r.id === cap.rule), d = book.dimensions[i];
    return `${cap.rule} ${rule ? rule.title_zh : ""}: ${names[attributes[cap.attribute]]} ≤ ${cap.max_level}, ${d.short} = ${level}`;
  }))];
  $("warning").textContent = lines.length ? lines.join("; ") + (holding ? ` — ${t("Enter saves all the same", "按 Enter 仍然保存")}` : "") : "";
}

function choose(i, level) {
  if (!current) return;
  levels[i] = level;
  const open = levels.findIndex((value, k) => value === null && k > i), any = levels.indexOf(null);
  focus = open >= 0 ? open : any >= 0 ? any : i;
  finish(false);
}
function finish(anyway) {
  const found = broken(), complete = !levels.includes(null);
  holding = complete && found.length > 0 && !anyway;
  if (complete && !holding) { save(); return; }
  paint();
  warn(found);
}
function save() {
  const id = uuid(), defaulted = ["temporality", "unit_type", "confidence"].filter((n) => !touched.has(n));
  performance.mark(`key:${id}`);
  const form = { id, sentence: current.sentence, hash: current.hash, rubric_version: book.version, replaces: current.mine ? current.mine.event : "",
    levels, ...attributes, defaulted, duration_ms: Math.round(performance.now() - shownAt) };
  past.push({ id, item: current, form });
  keep("/api/labels", form);
  advance();
  requestAnimationFrame(() => performance.mark(`shown:${id}`));
}
function cycle(name) {
  const values = book.attributes[name].values;
  attributes[name] = values[(values.indexOf(attributes[name]) + 1) % values.length];
  touched.add(name);
  finish(false);
}
function flag(name) {
  attributes.flags = attributes.flags.includes(name) ? attributes.flags.filter((f) => f !== name) : [...attributes.flags, name];
  paint();
}
function tag() {
  const ids = book.dimensions[focus].sub_indicators.map((s) => s.id), now = ids.findIndex((s) => attributes.subs.includes(s));
  attributes.subs = attributes.subs.filter((s) => !ids.includes(s));
  if (now + 1 < ids.length) attributes.subs.push(ids[now + 1]);
  paint();
}
let turn = Promise.resolve();
function undo() {
  if (past.length) {
    const { id, item, form } = past.pop();
    keep("/api/undo", { id: uuid(), undoes: id });
    if (current) queue.unshift(current);
    current = item;
    show(form);
    return;
  }
  turn = turn.then(earlier).catch(() => say(t("No connection: earlier labels can be taken back later.", "网络中断：更早的标注稍后才能撤销。")));
}
// What was labelled before this page was loaded is known to the server only; what waits goes first.
async function earlier() {
  for (let i = 0; i < 200 && waiting().length && online; i += 1) { send(); await new Promise((done) => setTimeout(done, 50)); }
  if (waiting().length) { say(t("No connection: earlier labels can be taken back later.", "网络中断：更早的标注稍后才能撤销。")); return; }
  const answer = await post("/api/undo", { id: uuid(), undoes: "" }).catch(() => null);
  if (!answer) return;
  const found = await answer.json();
  if (!answer.ok) { say(found.error); return; }
  if (current) queue.unshift(current);
  queue = queue.filter((i) => i.sentence !== found.item.sentence);
  current = found.item;
  show(null);
}

// ---- beside the sentence: anchors of the focused dimension, examples like this sentence
let asked = "", pause = null;
function beside() {
  const d = book.dimensions[focus], level = levels[focus];
  const list = $("anchors");
  $("beside-title").textContent = `${d.short} ${zh ? d.zh : d.en}`;
  list.replaceChildren(...d.levels.map((row) => {
    const li = document.createElement("li");
    li.textContent = zh ? row.zh : row.en;
    li.value = row.value;
    li.classList.toggle("on", row.value === level);
    return li;
  }));
  const key = `${current.sentence}:${focus}:${level}`;
  if (key === asked) return;
  asked = key;
  clearTimeout(pause);
  pause = setTimeout(() => examples(key, d.id, level), 250);
}
async function examples(key, dimension, level) {
  const rest = level === null ? "" : `&level=${level}`;
  const answer = await fetch(`/api/examples?sentence=${key.split(":")[0]}&dimension=${dimension}${rest}`).catch(() => null);
  if (!answer || !answer.ok || key !== asked) return;
  const found = await answer.json();
  $("examples").replaceChildren(...found.map((row) => {
    const li = document.createElement("li");
    const mark = document.createElement("b");
    mark.textContent = `[${row.levels.join(" ")}] ${row.rule || ""} `;
    li.append(mark, row.text);
    return li;
  }));
  $("no-examples").hidden = found.length > 0;
}

function status() {
  const n = waiting().length;
  document.body.dataset.pending = n;
  document.body.dataset.saved = saved;
  $("state").textContent = n && !online ? t(`offline: ${n} kept in this browser`, `离线：${n} 条保存在本浏览器`)
    : n ? t("saving …", "保存中……") : t(`saved ✓ ${saved}`, `已保存 ✓ ${saved}`);
  $("state").className = n && !online ? "offline" : "";
}

// ---- keys; code, not key, so that an input method or a keyboard layout does not matter
const actions = {
  KeyQ: () => { focus = 0; paint(); }, KeyW: () => { focus = Math.min(1, rows.length - 1); paint(); }, KeyE: () => { focus = Math.min(2, rows.length - 1); paint(); },
  KeyU: () => { attributes.confidence = attributes.confidence === "low" ? book.attributes.confidence.default : "low"; touched.add("confidence"); paint(); },
  KeyB: () => flag("bad_split"), KeyD: () => flag("discuss"), KeyT: () => cycle("temporality"), KeyY: () => cycle("unit_type"), KeyS: tag,
  Enter: () => { if (holding) finish(true); },
  Space: () => { levels = rows.map(() => 0); finish(false); },
};
document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey || event.repeat || !book) return;
  if (event.target.closest("input, textarea, select, dialog[open]")) return;
  const button = event.target.closest("a, button, summary");
  if (button && button.matches(":focus-visible") && (event.code === "Space" || event.code === "Enter")) return;
  if (event.code === "Slash") { event.preventDefault(); open(event.shiftKey ? "help" : "search"); return; }
  if (event.shiftKey) return;
  if (event.code === "KeyZ") { event.preventDefault(); undo(); return; }
  if (!current) return;
  const digit = /^(?:Digit|Numpad)([0-9])$/.exec(event.code);
  const act = digit ? (Number(digit[1]) < book.levels.length ? () => choose(focus, Number(digit[1])) : null) : actions[event.code];
  if (act) { event.preventDefault(); say(""); act(); }
});
function open(id) {
  const dialog = $(id);
  if (dialog.open) return;
  dialog.showModal();
  if (id === "search") { $("search-box").focus(); search(); }
}
function search() {
  const word = $("search-box").value.trim().toLowerCase();
  const lines = [
    ...book.rules.map((r) => ({ head: `${r.id} ${r.title_zh}`, text: zh ? r.zh : r.en, all: `${r.id} ${r.title_zh} ${r.zh} ${r.en}` })),
    ...book.attribution.map((r) => ({ head: zh ? r.topic_zh : r.topic_en, text: r.rule_zh, all: Object.values(r).join(" ") })),
    ...book.examples.map((r) => ({ head: `[${r.labels.join(" ")}]`, text: `${r.zh} — ${r.why_zh}`, all: `${r.zh} ${r.en} ${r.why_zh}` })),
  ].filter((line) => !word || line.all.toLowerCase().includes(word)).slice(0, 40);
  $("search-list").replaceChildren(...lines.map((line) => {
    const li = document.createElement("li"), b = document.createElement("b");
    b.textContent = line.head + " ";
    li.append(b, line.text);
    return li;
  }));
}

rows.forEach((row, i) => row.querySelectorAll("button").forEach((button, k) => button.addEventListener("click", () => { button.blur(); choose(i, k); })));
for (const key of ["u", "b", "d", "t", "y", "s"]) $(`key-${key}`).addEventListener("click", (e) => { e.currentTarget.blur(); actions[`Key${key.toUpperCase()}`](); });
$("key-z").addEventListener("click", (e) => { e.currentTarget.blur(); undo(); });
$("key-0").addEventListener("click", (e) => { e.currentTarget.blur(); actions.Space(); });
$("key-enter").addEventListener("click", (e) => { e.currentTarget.blur(); actions.Enter(); });
$("key-help").addEventListener("click", () => open("help"));
$("key-search").addEventListener("click", () => open("search"));
$("search-box").addEventListener("input", search);
document.querySelectorAll("dialog button.close").forEach((button) => button.addEventListener("click", () => button.closest("dialog").close()));
addEventListener("online", () => { delay = 1000; send(); });

async function begin() {
  try {
    const answer = await fetch("/api/codebook");
    if (!answer.ok) { say((await answer.json()).error, "/login"); return; }
    book = await answer.json();
  } catch { setTimeout(begin, 1000); return; }
  const refused = Object.keys(localStorage).filter((k) => k.startsWith(REFUSED)).length;
  if (refused) say(t(`${refused} labels were refused earlier and are kept in this browser.`, `有 ${refused} 条标注曾被拒绝，保存在本浏览器中。`));
  await send();
  await fill();
}
begin();
