/**
 * Files that were dropped or pasted, also in folders: collects them, sorts them by kind, and describes the ones that are
 * skipped.
 */
import { isPack, isPictureKind, kindOfFile } from './file-kinds.js';
import { networksAmong } from './network-files.js';

/**
 * Files by kind. `others` are neither pictures, nor videos, nor styles.
 * @typedef {{ photos: File[], videos: File[], styles: File[], others: File[] }} SortedFiles
 */

/** The maximum number of files of a folder. */
const MOST_FILES = 2000;
const DEEPEST = 16;
/** The maximum number of names in a message. */
const MOST_NAMES = 5;

/** System files in folders, which are ignored. */
const SYSTEM_FILES = new Set(['thumbs.db', 'desktop.ini', 'ehthumbs.db', 'icon\r', '__macosx']);

/** Whether a file is a system file, such as `._photo.jpg` or `Thumbs.db`. @param {string} name */
export function isSystemFile(name) {
  return name.startsWith('.') || SYSTEM_FILES.has(name.toLowerCase());
}

/**
 * The files of a drop or of the clipboard, also those in folders, without system files. It must be called in the event's own
 * task: afterwards the browser empties `transfer`.
 * @param {DataTransfer | null} transfer
 * @returns {Promise<File[]>}
 */
export function filesOf(transfer) {
  const items = [...(transfer?.items ?? [])].filter(({ kind }) => kind === 'file');
  const found = items.map((item) => ({ file: item.getAsFile(), entry: item.webkitGetAsEntry?.() ?? null }));
  // Browsers that list no items list files.
  if (found.length === 0) return Promise.resolve(withoutSystemFiles([...(transfer?.files ?? [])]));
  return gather(found);
}

/**
 * @param {{ file: File | null, entry: FileSystemEntry | null }[]} found
 * @returns {Promise<File[]>}
 */
async function gather(found) {
  /** @type {File[]} */
  const files = [];
  let inFolder = false;
  for (const { file, entry } of found) {
    if (entry?.isDirectory) {
      inFolder = true;
      await walk(/** @type {FileSystemDirectoryEntry} */ (entry), files, 0);
    } else if (file) files.push(file);
  }
  return inFolder ? files.filter(({ name }) => !isSystemFile(name)) : withoutSystemFiles(files);
}

/** Removes system files, unless there is a single file. @param {File[]} files */
export function withoutSystemFiles(files) {
  return files.length > 1 ? files.filter(({ name }) => !isSystemFile(name)) : files;
}

/**
 * @param {FileSystemDirectoryEntry} folder
 * @param {File[]} files the list that it extends
 * @param {number} depth
 */
async function walk(folder, files, depth) {
  const reader = folder.createReader();
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const entries = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
    // Each call returns some entries, and none at the end.
    if (entries.length === 0) return;
    for (const entry of entries) {
      if (isSystemFile(entry.name) || files.length >= MOST_FILES) continue;
      if (entry.isDirectory && depth < DEEPEST) await walk(/** @type {FileSystemDirectoryEntry} */ (entry), files, depth + 1);
      if (!entry.isFile) continue;
      /** @type {File | undefined} */
      const file = await new Promise((resolve) => {
        /** @type {FileSystemFileEntry} */ (entry).file(resolve, () => resolve(undefined));
      });
      if (file) files.push(file);
    }
  }
}

/**
 * Sorts files by their content: `File.type` is empty for types that the system does not know.
 * @param {File[]} files
 * @returns {Promise<SortedFiles>}
 */
export async function sortFiles(files) {
  /** @type {SortedFiles} */
  const sorted = { photos: [], videos: [], styles: [], others: [] };
  // Networks and their external data are styles.
  const { networks, parts, rest } = networksAmong(files);
  sorted.styles.push(...networks, ...parts);
  for (const file of rest) {
    if (isPack(file)) {
      sorted.styles.push(file);
      continue;
    }
    const kind = await kindOfFile(file);
    const type = kind === 'unknown' ? file.type.split('/')[0] : '';
    if (kind === 'video' || type === 'video') sorted.videos.push(file);
    // A raw file or a PDF counts as a photo, so that it is listed with its error message.
    else if (isPictureKind(kind) || kind === 'raw' || kind === 'pdf' || kind === 'psd' || type === 'image') sorted.photos.push(file);
    else sorted.others.push(file);
  }
  return sorted;
}

/**
 * A list of file names, such as `“a.txt”, “b.doc” and 3 more`.
 * @param {{ name: string }[]} files
 */
export function namesOf(files) {
  const names = files.slice(0, MOST_NAMES).map(({ name }) => `“${name}”`);
  const more = files.length - names.length;
  if (more > 0) return `${names.join(', ')} and ${more} more`;
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)}` : (names[0] ?? '');
}

/**
 * A message about the files that are skipped, and why.
 * @param {{ others: { name: string }[], videos: { name: string }[] }} left
 * @returns {string} empty if none is skipped
 */
export function leftOutSentence({ others, videos }) {
  const were = (/** @type {unknown[]} */ files) => (files.length === 1 ? 'was' : 'were');
  const parts = [];
  if (videos.length > 0) parts.push(`${namesOf(videos)} ${were(videos)} not opened, since a video cannot be opened together with other files`);
  if (others.length === 1) parts.push(`${namesOf(others)} was skipped, since it is not a picture`);
  if (others.length > 1) parts.push(`${others.length} files were skipped, since they are not pictures: ${namesOf(others)}`);
  return parts.length > 0 ? `${parts.join('; ')}.` : '';
}
