/** An adapter's name: what it says of itself. */
export function describeAdapter({ description, vendor, architecture, device }: GPUAdapterInfo): string {
  return description || device || [vendor, architecture].filter((part) => part !== '').join(' ') || 'unnamed';
}

/** Whether an adapter with this name computes on the processor. */
export function isSoftwareAdapter(name: string): boolean {
  return /swiftshader|llvmpipe|lavapipe|basic render/i.test(name);
}
