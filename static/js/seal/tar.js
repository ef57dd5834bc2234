// A tar of members as chunks, in order, nothing held in memory: what any tar reads (POSIX, with a
// pax record before a name that is not short ASCII).
const BLOCK = 512;
const NAME_BYTES = 100;
const END = new Uint8Array(2 * BLOCK);

// Members are {name, size, chunks()}, chunks() giving the contents as an async iterable.
export async function* tarOf(members) {
  for (const member of members) {
    yield* headersOf(member);
    yield* member.chunks();
    yield new Uint8Array(padding(member.size));
  }
  yield END;
}

export function tarSize(members) {
  return members.reduce((sum, member) => sum + sizeOf(member), END.length);
}

function sizeOf(member) {
  const headers = headersOf(member).reduce((sum, part) => sum + part.length, 0);
  return headers + member.size + padding(member.size);
}

function headersOf({ name, size }) {
  const raw = utf8(name);
  const isPlain = raw.length <= NAME_BYTES && /^[\x20-\x7e]+$/.test(name);
  if (isPlain) return [header(raw, size, "0")];
  const record = paxRecord(raw);
  return [
    header(utf8("PaxHeader"), record.length, "x"),
    record,
    new Uint8Array(padding(record.length)),
    header(utf8("file"), size, "0"),
  ];
}

// "LENGTH path=NAME\n", where LENGTH counts itself.
function paxRecord(name) {
  const rest = name.length + " path=\n".length;
  let length = rest + String(rest).length;
  if (rest + String(length).length !== length) length = rest + String(length).length;
  const record = new Uint8Array(length);
  record.set(utf8(`${length} path=`));
  record.set(name, length - name.length - 1);
  record[length - 1] = 0x0a;
  return record;
}

function header(name, size, kind) {
  const block = new Uint8Array(BLOCK);
  const put = (text, at) => block.set(utf8(text), at);
  block.set(name, 0);
  put("0000644\0" + "0000000\0" + "0000000\0", 100);
  put(`${octal(size, 11)}\0${octal(0, 11)}\0`, 124);
  put("        ", 148); // the sum is taken over blanks in its own place
  put(`${kind}`, 156);
  put("ustar\x0000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(`${octal(sum, 6)}\0 `, 148);
  return block;
}

function octal(number, digits) {
  return number.toString(8).padStart(digits, "0");
}

function padding(size) {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

function utf8(text) {
  return new TextEncoder().encode(text);
}
