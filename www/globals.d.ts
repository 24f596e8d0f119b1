/** WebGPU, which TypeScript's DOM library lacks: the part of it that the page uses. */
interface Navigator {
  readonly gpu?: { requestAdapter(options?: { powerPreference?: string }): Promise<any> };
}
