"""Compiles a header once for all files, with the flags that they are compiled with: if those of
.bazelrc or of the toolchain change, these must, and the compiler says so."""

def _precompiled(ctx):
    out = ctx.actions.declare_file(ctx.label.name + ".pch")
    ctx.actions.run_shell(
        inputs = [ctx.file.header],
        outputs = [out],
        arguments = [ctx.file.header.path] + ctx.attr.flags + ["-o", out.path],
        # By its standard input, since it would remember where in a sandbox the header was. In the key
        # is the environment, which names the packages whose headers these are.
        command = "header=$1; shift; /usr/bin/clang-19 \"$@\" -x c++-header - <\"$header\"",
        mnemonic = "CppPrecompile",
        progress_message = "Compiling " + ctx.file.header.short_path,
        use_default_shell_env = True,
    )
    return DefaultInfo(files = depset([out]))

precompiled = rule(
    implementation = _precompiled,
    attrs = {
        "flags": attr.string_list(),
        "header": attr.label(allow_single_file = [".h"], mandatory = True),
    },
)
