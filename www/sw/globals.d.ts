/** Each file of the page with the SHA-256 of its contents in base64. The build sets it. */
declare const FILES: { url: string; sha256: string }[];
/** The files of the engines, likewise. */
declare const ENGINE_FILES: { url: string; sha256: string }[];
/** The version that identifies these files. The build sets it. */
declare const VERSION: string;
