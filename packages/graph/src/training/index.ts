export { trainKnowledgeGraph, type KnowledgeGraphTraining } from './knowledge-graph.js';
