/** Files of networks that style pictures, by their names, and the files that belong to them. */

const NETWORK = /\.(onnx|pth|pt)$/i;
/** Numbers of an ONNX model that it does not keep in its own file. */
const PART = /\.(data|bin|onnx_data|weights?)$/i;

/** Whether a file is a network of PyTorch's or ONNX's. @param {{ name: string }} file */
export function isNetwork(file) {
  return NETWORK.test(file.name);
}

/**
 * The networks among files, and the files that they keep numbers in.
 * @template {{ name: string }} F
 * @param {F[]} files
 * @returns {{ networks: F[], parts: F[], rest: F[] }} without a network there are no parts
 */
export function networksAmong(files) {
  const networks = files.filter(isNetwork);
  const isPart = (/** @type {F} */ { name }) => PART.test(name) || networks.some((network) => name.startsWith(`${network.name}.`));
  const others = files.filter((file) => !isNetwork(file));
  const parts = networks.length > 0 ? others.filter(isPart) : [];
  return { networks, parts, rest: others.filter((file) => !parts.includes(file)) };
}

/** What a style is called that a network becomes, such as `Rain princess` for `rain_princess.pth`. @param {string} file */
export function titleOf(file) {
  const title = file.replace(NETWORK, '').replace(/[-_]+/g, ' ').trim();
  return title ? title[0].toUpperCase() + title.slice(1) : 'Network';
}
