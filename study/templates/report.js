// Language switch, sortable tables, and opening what a link points into. No requests leave the page.
(() => {
  const root = document.documentElement;
  const choose = (zh) => { root.classList.toggle("show-zh", zh); root.classList.toggle("show-en", !zh); };
  choose(location.search.includes("lang=zh"));
  document.getElementById("language").addEventListener("click", () => choose(root.classList.contains("show-en")));

  const reveal = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let node = target; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
    target.scrollIntoView({ block: "center" });
  };
  addEventListener("hashchange", reveal);
  reveal();

  const value = (row, i, numeric) => {
    const text = row.cells[i].textContent.trim();
    return numeric ? (text === "–" ? -Infinity : parseFloat(text)) : text;
  };
  document.querySelectorAll(".sortable thead th:not(.plot)").forEach((head) => {
    const sort = () => {
      const table = head.closest("table"), body = table.tBodies[0], i = head.cellIndex;
      const numeric = head.hasAttribute("data-number"), up = head.dataset.order !== "up";
      head.dataset.order = up ? "up" : "down";
      const rows = [...body.rows].sort((a, b) => {
        const x = value(a, i, numeric), y = value(b, i, numeric);
        return (x < y ? -1 : x > y ? 1 : 0) * (up ? 1 : -1);
      });
      body.append(...rows);
    };
    head.tabIndex = 0;
    head.addEventListener("click", sort);
    head.addEventListener("keydown", (event) => { if (event.key === "Enter") sort(); });
  });
})();
