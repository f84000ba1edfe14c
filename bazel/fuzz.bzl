"""Fuzz targets: libFuzzer under --config=fuzz, otherwise nothing is built."""

def cc_fuzz_test(name, srcs, deps = [], corpus = [], runs = 20000, **kwargs):
    """Declares a libFuzzer target with a short run of fixed length.

    Tagged manual: `./dev test` runs every fuzz target, `bazel test //...` none.
    To fuzz for longer: bazel run --config=fuzz //path:name -- -runs=-1 -max_total_time=600

    Args:
      name: of the target.
      srcs: the file that defines LLVMFuzzerTestOneInput.
      deps: what it fuzzes.
      corpus: files to start from, beside those of corpora/NAME.
      runs: how many inputs the short run tries.
      **kwargs: passed on to cc_test.
    """
    # What `./dev test --soak` found: it is kept, and tried each time.
    corpus = corpus + native.glob(["corpora/%s/*" % name])
    seeds = []
    if corpus:
        seeds = ["-seed_inputs=" + ",".join(["$(location %s)" % file for file in corpus])]
    native.cc_test(
        name = name,
        srcs = srcs,
        deps = deps,
        data = corpus,
        # A fixed seed: a run in CI finds the same today and tomorrow.
        args = ["-runs=%d" % runs, "-seed=1", "-max_len=4096", "-timeout=10"] + seeds,
        linkopts = ["-fsanitize=fuzzer"],
        tags = ["fuzz", "manual"] + kwargs.pop("tags", []),
        **kwargs
    )
