import "./parts/refresh.js";
