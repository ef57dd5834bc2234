// Why a file cannot be shown, as the page has words for it.
const REMARKS = {
  PasswordException: "password",
  InvalidPDFException: "malformed",
  ResponseException: "gone",
  TypeError: "gone", // what fetch says without a network
};

export function remarkOn({ name }) {
  return REMARKS[name] ?? "malformed";
}
