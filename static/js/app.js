import "./parts/clock.js";
import "./parts/enrol.js";
import "./parts/nonce.js";
import "./parts/refresh.js";
import "./parts/rotate.js";
import "./parts/sheet.js";
import "./parts/signing.js";
