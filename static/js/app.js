import "./core/live.js";
