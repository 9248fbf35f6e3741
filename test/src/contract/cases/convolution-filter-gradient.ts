import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';
import { layers } from '../layers.js';

export default kernelCases({
  kernel: kernels.convolutionFilterGradient,
  operation: (inputs, attrs) => kernels.convolutionFilterGradient.run(inputs, { ...attrs, withBias: false })[0]!,
  *cases(draw) {
    for (const { label, batch, sizes, outputs, kernel, cin, cout, geometry } of layers(draw)) {
      yield {
        label,
        inputs: {
          x: draw.given([batch, ...sizes, cin * geometry.groups]),
          dy: draw.given([batch, ...outputs, cout * geometry.groups]),
        },
        attrs: { ...geometry, kernel, withBias: draw.chance(0.5) },
      };
    }
  },
});
