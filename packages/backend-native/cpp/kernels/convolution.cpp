// Convolutions over up to three axes, with groups, and their input gradients, which are transposed convolutions.
#include "../convolution/sweep.h"

HG_BEGIN

Finish finish_at(const Arguments& args) { return {args.f32(2), static_cast<int>(args.at(4)), static_cast<float>(args.number(5)), args.f32(6)}; }

// x, filter [kernel, channels in / groups, channels out], bias (0: none), y, activation, its slope, its slopes, layer
HG_KERNEL(convolution) {
  const Layer layer = layer_at(args, 7);
  const int64_t in = layer.in_of_group(), out = layer.out_of_group();
  Sweep sweep{args.f32(0), layer.batch, layer.groups, in, layer.channels_in, {}};
  Filter filter{args.f32(1), {}, in * layer.channels_out, out, layer.channels_out, 1};
  for (int a = 0; a < 3; a++) {
    sweep.axis[a] = forward_axis(layer.axis[a]);
    filter.kernel[a] = layer.axis[a].kernel;
  }
  flatten(sweep);
  const Target target{args.f32(3), out, layer.channels_out, finish_at(args)};
  return Sweeper(sweep, filter, target).run();
}

// dy, filter [kernel, channels in / groups, channels out], bias (0: none) of dx, dx, activation, its slope, its slopes, layer
HG_KERNEL(convolution_input_gradient) {
  const Layer layer = layer_at(args, 7);
  const int64_t in = layer.in_of_group(), out = layer.out_of_group();
  Filter filter{args.f32(1), {}, in * layer.channels_out, out, 1, layer.channels_out};
  for (int a = 0; a < 3; a++) filter.kernel[a] = layer.axis[a].kernel;
  const Target target{args.f32(3), in, layer.channels_in, finish_at(args)};
  const int64_t phases[3] = {layer.axis[0].stride, layer.axis[1].stride, layer.axis[2].stride};
  for (int64_t i = 0; i < phases[0] && i < layer.axis[0].in; i++)
    for (int64_t j = 0; j < phases[1] && j < layer.axis[1].in; j++)
      for (int64_t k = 0; k < phases[2] && k < layer.axis[2].in; k++) {
        Sweep sweep{args.f32(0), layer.batch, layer.groups, out, layer.channels_out,
                    {gradient_axis(layer.axis[0], i), gradient_axis(layer.axis[1], j), gradient_axis(layer.axis[2], k)}};
        flatten(sweep);
        const char* problem = Sweeper(sweep, filter, target).run();
        if (problem != nullptr) return problem;
      }
  return nullptr;
}

HG_END
