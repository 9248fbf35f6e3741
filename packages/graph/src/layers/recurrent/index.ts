export { GConvLSTM, type LSTMState } from './gconv-lstm.js';
