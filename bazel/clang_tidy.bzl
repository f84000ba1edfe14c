"""Runs clang-tidy on our C++, with Bazel's caching: a file is looked at again only when it or
something that it includes has changed. `./dev lint` builds it:

    bazel build --aspects=//bazel:clang_tidy.bzl%clang_tidy --output_groups=clang_tidy //...
"""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "CPP_COMPILE_ACTION_NAME")
load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")

def _sources(ctx):
    """The target's own .cc files; generated ones are not ours."""
    files = []
    for src in getattr(ctx.rule.attr, "srcs", []):
        files += [f for f in src.files.to_list() if f.extension == "cc" and f.is_source]
    return files

def _compile_flags(ctx, context):
    toolchain = find_cpp_toolchain(ctx)
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    variables = cc_common.create_compile_variables(
        feature_configuration = features,
        cc_toolchain = toolchain,
        include_directories = context.includes,
        quote_include_directories = context.quote_includes,
        system_include_directories = context.system_includes,
        preprocessor_defines = depset(transitive = [context.defines, context.local_defines]),
        user_compile_flags = ctx.fragments.cpp.copts + ctx.fragments.cpp.cxxopts +
                             getattr(ctx.rule.attr, "copts", []),
    )
    return cc_common.get_memory_inefficient_command_line(
        feature_configuration = features,
        action_name = CPP_COMPILE_ACTION_NAME,
        variables = variables,
    )

def _check(ctx, src, flags, headers):
    out = ctx.actions.declare_file("%s.%s.tidy" % (ctx.label.name, src.basename))
    config = ctx.file._config
    arguments = ctx.actions.args()
    arguments.add_all([src, out, config])
    arguments.add_all(flags)
    ctx.actions.run_shell(
        inputs = depset([src, config], transitive = [headers]),
        outputs = [out],
        arguments = [arguments],
        # Quiet when all is well: clang-tidy counts the warnings that it suppressed. Paths are shown
        # as they are in the tree.
        command = """
            src=$1 out=$2 config=$3; shift 3
            clang-tidy-19 --quiet --config-file="$config" "$src" -- "$@" >"$out" 2>&1 ||
              { sed "s#$PWD/##" "$out" >&2; exit 1; }""",
        mnemonic = "ClangTidy",
        progress_message = "Tidying " + src.short_path,
        use_default_shell_env = True,
    )
    return out

def _clang_tidy(target, ctx):
    if CcInfo not in target or ctx.label.package == "third_party":
        return []
    context = target[CcInfo].compilation_context
    sources = _sources(ctx)
    if not sources:
        return []
    flags = _compile_flags(ctx, context)
    reports = [_check(ctx, src, flags, context.headers) for src in sources]
    return [OutputGroupInfo(clang_tidy = depset(reports))]

clang_tidy = aspect(
    implementation = _clang_tidy,
    attrs = {
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
        "_config": attr.label(default = "//:.clang-tidy", allow_single_file = True),
    },
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)
