/** Recognizes files of style transfer networks, and their external data, by their names. */

const NETWORK = /\.(onnx|pth|pt)$/i;
/** Extensions of external data of ONNX models. */
const PART = /\.(data|bin|onnx_data|weights?)$/i;

/** Whether a file is a PyTorch or ONNX network. @param {{ name: string }} file */
export function isNetwork(file) {
  return NETWORK.test(file.name);
}

/**
 * Separates networks and their external data from other files.
 * @template {{ name: string }} F
 * @param {F[]} files
 * @returns {{ networks: F[], parts: F[], rest: F[] }} `parts` is empty if there is no network
 */
export function networksAmong(files) {
  const networks = files.filter(isNetwork);
  const isPart = (/** @type {F} */ { name }) => PART.test(name) || networks.some((network) => name.startsWith(`${network.name}.`));
  const others = files.filter((file) => !isNetwork(file));
  const parts = networks.length > 0 ? others.filter(isPart) : [];
  return { networks, parts, rest: others.filter((file) => !parts.includes(file)) };
}

/** The name of the style of a network file, such as `Rain princess` for `rain_princess.pth`. @param {string} file */
export function titleOf(file) {
  const title = file.replace(NETWORK, '').replace(/[-_]+/g, ' ').trim();
  return title ? title[0].toUpperCase() + title.slice(1) : 'Network';
}
