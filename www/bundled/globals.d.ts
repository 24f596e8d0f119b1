/** Every file of the page and the hash of its contents, set by the build. */
declare const FILES: { url: string; revision: string }[];
