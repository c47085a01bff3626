export const LAYERS: readonly (readonly string[])[];
export const DOORS: Readonly<Record<string, string | readonly string[]>>;
