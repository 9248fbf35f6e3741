declare module 'virtual:cases' {
  export const suite: Readonly<Record<string, unknown>>;
}
