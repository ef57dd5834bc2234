// Shows why a step was refused, in the page's own summary; each line leads to its field.
export function showProblems(problems) {
  const summary = document.querySelector("[data-problems]");
  if (!summary) return;
  const heading = document.createElement("h2");
  heading.className = "h3";
  heading.textContent = summary.dataset.heading;
  const list = document.createElement("ul");
  list.className = "mb-0";
  list.append(...problems.map(line));
  summary.replaceChildren(heading, list);
  summary.hidden = false;
  summary.focus();
}

export function clearProblems() {
  const summary = document.querySelector("[data-problems]");
  if (summary) summary.hidden = true;
}

function line(problem) {
  const item = document.createElement("li");
  const field = problem.field ? document.getElementById(problem.field) : null;
  const told = document.createElement(field ? "a" : "span");
  if (field) {
    told.href = `#${problem.field}`;
    field.classList.add("is-invalid");
    field.setAttribute("aria-invalid", "true");
  }
  // A path into the sheet says nothing to a person; the control's own name does.
  const name = field?.getAttribute("aria-label");
  told.textContent = name ? problem.message.replaceAll(problem.field, name) : problem.message;
  item.append(told, problem.source ? `  ${problem.source}` : "");
  return item;
}
