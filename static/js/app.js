import "./pages/evaluation-nonce.js";
import "./parts/refresh.js";
