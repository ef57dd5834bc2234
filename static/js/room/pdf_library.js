// The viewer reads its library from here when it is loaded: this module comes before it.
import * as library from "pdfjs-dist/legacy/build/pdf.mjs";

globalThis.pdfjsLib = library;
