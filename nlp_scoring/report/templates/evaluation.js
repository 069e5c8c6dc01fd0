// Language switch, and opening what a link points into. No requests leave the page.
(() => {
  const root = document.documentElement;
  const choose = (zh) => {
    root.classList.toggle("show-zh", zh);
    root.classList.toggle("show-en", !zh);
    root.lang = zh ? "zh-CN" : "en";
  };
  choose(location.search.includes("lang=zh"));
  document.getElementById("language").addEventListener("click", () => choose(root.classList.contains("show-en")));
  const reveal = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let node = target; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
  };
  addEventListener("hashchange", reveal);
  reveal();
})();
