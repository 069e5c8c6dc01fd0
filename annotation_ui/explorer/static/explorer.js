// Only comfort: the year slides without a click, arrow keys walk over grids, the sentence gets focus.
(() => {
  document.documentElement.classList.add("js");

  let running = null;
  const show = async (form, target) => {
    const url = new URL(form.action);
    url.search = new URLSearchParams(new FormData(form)).toString();
    if (running) running.abort();
    running = new AbortController();
    try {
      const answer = await fetch(url, { signal: running.signal });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const id of [target, "#steps", "#language", ".tabs"]) {
        const fresh = page.querySelector(id);
        if (fresh) document.querySelector(id).replaceWith(document.adoptNode(fresh));
      }
      document.title = page.title;
      history.replaceState(null, "", url);
    } catch (error) {
      if (error.name !== "AbortError") form.submit();
    }
  };
  document.querySelectorAll("input[data-live]").forEach((slider) => {
    slider.addEventListener("input", () => {
      slider.form.querySelector("output").value = slider.value;
      show(slider.form, slider.dataset.live);
    });
  });

  const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  document.querySelectorAll("[data-grid]").forEach((table) => {
    table.addEventListener("keydown", (event) => {
      const step = steps[event.key], cell = event.target.closest("td");
      if (!step || !cell) return;
      let row = cell.parentElement.rowIndex, column = cell.cellIndex, link = null;
      while (!link) {
        row += step[0]; column += step[1];
        const next = table.rows[row] && table.rows[row].cells[column];
        if (!next) return;
        link = next.querySelector("a");
      }
      event.preventDefault();
      link.focus();
    });
  });

  const focused = document.querySelector(".focus");
  if (focused) { focused.scrollIntoView({ block: "center" }); focused.focus({ preventScroll: true }); }
})();
