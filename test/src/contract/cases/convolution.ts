import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';
import { layers } from '../layers.js';

export default kernelCases({
  kernel: kernels.convolution,
  operation: (inputs, attrs) => kernels.convolution.run(inputs, attrs)[0]!,
  *cases(draw) {
    for (const { label, batch, sizes, outputs, kernel, cin, cout, geometry, exact } of layers(draw)) {
      const out = cout * geometry.groups;
      yield {
        label,
        inputs: {
          x: draw.given([batch, ...sizes, cin * geometry.groups]),
          filter: draw.given([...kernel, cin, out]),
          bias: draw.chance(0.5) ? draw.given([out]) : null,
        },
        attrs: exact ? geometry : { ...geometry, outputSizes: outputs },
      };
    }
  },
});
