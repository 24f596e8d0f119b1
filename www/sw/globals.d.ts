/** Every file of the page and the SHA-256 of its contents in base64, set by the build. */
declare const FILES: { url: string; sha256: string }[];
/** The version that these files make, set by the build. */
declare const VERSION: string;
