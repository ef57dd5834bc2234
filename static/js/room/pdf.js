// One PDF in one pane, by Mozilla's viewer: it fetches the ranges it needs and draws what is seen.
// Scripts of a document have no interpreter here; links lead nowhere outside it.
import "./pdf_library.js";
import { AnnotationMode, getDocument, GlobalWorkerOptions } from "pdfjs-dist/legacy/build/pdf.mjs";
import {
  EventBus,
  PDFFindController,
  PDFLinkService,
  PDFViewer,
} from "pdfjs-dist/legacy/web/pdf_viewer.mjs";

const RANGE = 1 << 18;
const EDITOR_OFF = -1;
const WIDE = "page-width";

// Words of the viewer's own: none. The page says all that is to be read.
const nothing = () => {};
const SILENT = { translate: async () => {}, get: async () => "", pause: nothing, resume: nothing };

// `places` tells where worker, fonts and decoders lie; `told` hears of pages and findings.
export function viewerIn(container, places, told) {
  GlobalWorkerOptions.workerSrc = places.worker;
  const eventBus = new EventBus();
  const linkService = new PDFLinkService({ eventBus });
  linkService.externalLinkEnabled = false;
  const findController = new PDFFindController({ eventBus, linkService });
  const viewer = new PDFViewer({
    container,
    eventBus,
    linkService,
    findController,
    l10n: SILENT,
    annotationMode: AnnotationMode.ENABLE,
    annotationEditorMode: EDITOR_OFF,
    enableAutoLinking: false,
  });
  linkService.setViewer(viewer);
  eventBus.on("pagesinit", () => {
    viewer.currentScaleValue = WIDE;
    container.querySelectorAll(".page").forEach((page) => named(page, told));
  });
  eventBus.on("pagechanging", ({ pageNumber }) => told.page(pageNumber));
  eventBus.on("updatefindmatchescount", ({ matchesCount }) => told.found(matchesCount));
  eventBus.on("updatefindcontrolstate", ({ matchesCount }) => told.found(matchesCount));
  return new Reader({ viewer, eventBus, linkService, findController, places, told });
}

// A landmark for each of a thousand pages would bury those of the room.
function named(page, told) {
  page.setAttribute("role", "group");
  page.setAttribute("aria-label", told.nameOf(page.dataset.pageNumber));
}

// Nobody waits for it: a document that still loads is ended when its first page has come, for
// the library takes an earlier end for a fault of its own.
async function end(task) {
  await task.promise.then((pdf) => pdf.getPage(1)).catch(nothing);
  await task.destroy();
}

class Reader {
  #parts;
  #task = null;

  constructor(parts) {
    this.#parts = parts;
  }

  // Shows a document. Rejects as the library does: password, malformed, gone.
  async open(url) {
    this.close();
    const task = getDocument({
      url,
      rangeChunkSize: RANGE,
      disableAutoFetch: true,
      disableStream: true,
      enableXfa: false,
      useWasm: false,
      cMapUrl: `${this.#parts.places.files}cmaps/`,
      standardFontDataUrl: `${this.#parts.places.files}standard_fonts/`,
      wasmUrl: `${this.#parts.places.files}decoders/`,
    });
    this.#task = task;
    const pdf = await task.promise;
    if (this.#task !== task) return;
    this.#parts.linkService.setDocument(pdf);
    this.#parts.viewer.setDocument(pdf);
    const hasScripts = await pdf.hasJSActions();
    this.#parts.told.opened(pdf.numPages, hasScripts ? "script" : "");
  }

  close() {
    const task = this.#task;
    this.#task = null;
    this.#parts.viewer.setDocument(null);
    this.#parts.linkService.setDocument(null);
    if (task) end(task);
  }

  turn(pages) {
    this.page = this.page + pages;
  }

  get page() {
    return this.#parts.viewer.currentPageNumber;
  }

  set page(number) {
    const { viewer } = this.#parts;
    viewer.currentPageNumber = Math.min(Math.max(1, number || 1), viewer.pagesCount || 1);
  }

  zoom(steps) {
    if (steps > 0) this.#parts.viewer.increaseScale();
    else if (steps < 0) this.#parts.viewer.decreaseScale();
    else this.#parts.viewer.currentScaleValue = WIDE;
  }

  find(words, { again = false, back = false } = {}) {
    this.#parts.eventBus.dispatch("find", {
      source: this,
      type: again ? "again" : "",
      query: words,
      caseSensitive: false,
      entireWord: false,
      highlightAll: true,
      findPrevious: back,
      matchDiacritics: false,
    });
  }
}
