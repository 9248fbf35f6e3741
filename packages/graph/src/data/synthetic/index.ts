export { citationGraph, type CitationGraphOptions } from './citation-graph.js';
