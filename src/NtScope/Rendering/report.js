
"use strict";
(() => {
  const table = document.querySelector("table.report");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const texts = rows.map(row => row.textContent.toLowerCase());
  const filter = document.getElementById("filter");
  const count = document.getElementById("count");

  function show() {
    const words = filter.value.toLowerCase().split(/\s+/).filter(word => word);
    let shown = 0;
    rows.forEach((row, i) => {
      row.hidden = !words.every(word => texts[i].includes(word));
      if (!row.hidden) shown++;
    });
    count.textContent = words.length ? `${shown} of ${rows.length}` : "";
  }

  function keyOf(row, column) {
    const cell = row.cells[column];
    return cell.dataset.key ?? cell.textContent.toLowerCase();
  }

  function sort(head) {
    const column = head.cellIndex;
    const descending = head.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const keys = new Map(rows.map(row => [row, keyOf(row, column)]));
    const sorted = [...rows].sort((left, right) => {
      const a = keys.get(left), b = keys.get(right);
      if (a === b) return 0;
      if (a === "") return 1;
      if (b === "") return -1;
      return (a < b ? -1 : 1) * (descending ? -1 : 1);
    });
    body.append(...sorted);
  }

  for (const head of table.tHead.rows[0].cells) {
    head.classList.add("sortable");
    head.tabIndex = 0;
    head.addEventListener("click", () => sort(head));
    head.addEventListener("keydown", event => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        sort(head);
      }
    });
  }

  filter.addEventListener("input", show);
  document.getElementById("tools").hidden = false;
  show();
})();
