/** [start, stop) of window o of those that cover `input` elements evenly; neighbours overlap by one where it does not divide. */
export function evenRange(input: number, output: number, o: number): [start: number, stop: number] {
  return [Math.floor((o * input) / output), Math.ceil(((o + 1) * input) / output)];
}
