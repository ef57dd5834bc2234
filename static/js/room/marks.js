// What a control of the sheet says: open, done, or a mark that may not be given.
const MARK = /^(0|[1-9]\d{0,5})(\.\d{1,2})?$/;

export function isBad(control) {
  const text = control.value.trim();
  if (control.dataset.most === undefined || text === "") return false;
  return !MARK.test(text) || Number(text) > Number(control.dataset.most);
}

export function stateOf(cell) {
  const control = controlOf(cell);
  if (control.value.trim() === "") return "open";
  if (isBad(control)) return "bad";
  const ground = groundOf(cell);
  return ground && control.value === "fail" && ground.value.trim() === "" ? "open" : "done";
}

export function controlOf(cell) {
  return cell.querySelector(".zb-points, select");
}

export function groundOf(cell) {
  return cell.querySelector("[data-ground] input");
}

// One tenth up or down, never out of the range; what is no mark is left for the eye.
export function stepped(control, tenths) {
  if (isBad(control)) return;
  const most = Math.round(Number(control.dataset.most) * 100);
  const now = Math.round(Number(control.value.trim() || "0") * 100);
  control.value = (Math.min(Math.max(0, now + tenths * 10), most) / 100).toFixed(2);
  control.dispatchEvent(new Event("input", { bubbles: true }));
}
