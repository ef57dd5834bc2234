// The scoring room: bids side by side, and one criterion across all bids beside them. Loaded by
// that page alone; app.js keeps the drafts and signs, and hears of nothing here but the form.
import "./criteria.js";
import "./keyboard.js";
import "./notes.js";
import "./panes.js";
