// Money as the platform reads and writes it: yuan text to whole fen and back, and in capitals.
// The same rules as kernel/money.py, to which tests hold it.
const YUAN = /^(0|[1-9]\d{0,11})(?:\.(\d{1,2}))?$/;
const DIGITS = "零壹贰叁肆伍陆柒捌玖";
const SMALL = ["", "拾", "佰", "仟"];
const GROUPS = ["", "万", "亿"];

// Fen of yuan text such as "1,234.5"; null for what is not an amount. Commas and spaces may stand.
export function fenOf(text) {
  const match = YUAN.exec(text.replace(/[,，\s]/g, ""));
  return match && Number(match[1]) * 100 + Number((match[2] ?? "").padEnd(2, "0"));
}

// "1234.50": what is signed and sealed.
export function yuan(fen) {
  return `${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, "0")}`;
}

// "1,234.50": what people read.
export function grouped(fen) {
  return yuan(fen).replace(/\B(?=(\d{3})+(?!\d))(?=.*\.)/g, ",");
}

export function capitals(fen) {
  const [whole, jiao, last] = [Math.floor(fen / 100), Math.floor((fen % 100) / 10), fen % 10];
  let text = whole ? `${wholeInCapitals(whole)}元` : "";
  if (jiao === 0 && last === 0) return `${text || "零元"}整`;
  if (jiao) text += `${DIGITS[jiao]}角`;
  else if (text) text += "零";
  return text + (last ? `${DIGITS[last]}分` : "整");
}

function wholeInCapitals(number) {
  const groups = [];
  for (let rest = number; rest > 0; rest = Math.floor(rest / 10_000)) groups.push(rest % 10_000);
  let text = "";
  for (let place = groups.length - 1; place >= 0; place -= 1) {
    const group = groups[place];
    if (group === 0) continue;
    if (text && (group < 1000 || groups[place + 1] === 0)) text += "零";
    text += groupInCapitals(group) + GROUPS[place];
  }
  return text;
}

function groupInCapitals(group) {
  let text = "";
  let gap = false;
  for (let place = 3; place >= 0; place -= 1) {
    const digit = Math.floor(group / 10 ** place) % 10;
    if (digit === 0) {
      gap = text !== "";
      continue;
    }
    text += (gap ? "零" : "") + DIGITS[digit] + SMALL[place];
    gap = false;
  }
  return text;
}
