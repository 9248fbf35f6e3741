/** How likely a label is after those before it: what a search asks besides the acoustic model (shallow fusion). */
export interface LanguageModel<State = unknown> {
  /** The state before the first label. */
  start(): State;
  /** The label's log probability after what the state stands for, and the state with the label. */
  next(state: State, label: number): { readonly logProbability: number; readonly state: State };
  /** The log probability of the text's end. Default 0. */
  end?(state: State): number;
}

/** A language model and how much it counts. */
export interface Fusion {
  readonly model: LanguageModel;
  /** Factor of the model's log probabilities. Default 1. */
  readonly weight?: number;
  /** Added for each label, against the preference for short texts that a language model brings. Default 0. */
  readonly labelBonus?: number;
}

/** What fusion has added to a hypothesis so far. */
export interface FusedScore {
  readonly score: number;
  readonly state: unknown;
}

const none: FusedScore = { score: 0, state: null };

export function startFusion(fusion: Fusion | null): FusedScore {
  return fusion === null ? none : { score: 0, state: fusion.model.start() };
}

export function fuse(fusion: Fusion | null, { score, state }: FusedScore, label: number): FusedScore {
  if (fusion === null) return none;
  const { weight = 1, labelBonus = 0 } = fusion;
  const next = fusion.model.next(state, label);
  return { score: score + weight * next.logProbability + labelBonus, state: next.state };
}

/** The score with the text's end. */
export function endFusion(fusion: Fusion | null, { score, state }: FusedScore): number {
  return fusion === null ? score : score + (fusion.weight ?? 1) * (fusion.model.end?.(state) ?? 0);
}
