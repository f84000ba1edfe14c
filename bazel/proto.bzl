"""C++ from .proto files with Debian's protoc and gRPC plugin."""

# Every .proto is named by its path below //proto: "sluice/v1/control.proto".
_ROOT = "proto"

def _stem(src):
    if not src.endswith(".proto"):
        fail("not a .proto file: " + src)
    return src[:-len(".proto")]

def _protoc(name, srcs, imports, outs, flags):
    native.genrule(
        name = name,
        srcs = srcs + imports,
        outs = outs,
        cmd = "protoc --proto_path={root} {flags} {srcs}".format(
            root = _ROOT,
            flags = flags,
            srcs = " ".join(["$(location %s)" % src for src in srcs]),
        ),
        visibility = ["//visibility:private"],
    )

def sluice_proto(name, srcs, deps = [], grpc = False, visibility = None):
    """Makes the library `name` of the messages and, if asked, `name`_grpc of the services.

    Declared in //proto alone. Include the results as "sluice/v1/control.pb.h".

    Args:
      name: the library of the messages.
      srcs: .proto files of one package, which may import each other.
      deps: other sluice_proto targets whose files these import.
      grpc: whether to make the library of the services as well.
      visibility: of both libraries.
    """
    if native.package_name() != _ROOT:
        fail("sluice_proto belongs into //" + _ROOT)
    stems = [_stem(src) for src in srcs]
    imports = [dep + "_files" for dep in deps]
    out = "$(RULEDIR)"

    native.filegroup(
        name = name + "_files",
        srcs = srcs + imports,
        visibility = visibility,
    )

    messages_h = [stem + ".pb.h" for stem in stems]
    messages_cc = [stem + ".pb.cc" for stem in stems]
    _protoc(name + "_protoc", srcs, imports, messages_h + messages_cc, "--cpp_out=" + out)
    native.cc_library(
        name = name,
        srcs = messages_cc,
        hdrs = messages_h,
        # As system headers: the warnings of generated code are not ours.
        includes = ["."],
        copts = ["-w"],
        deps = deps + ["//third_party:protobuf"],
        visibility = visibility,
    )

    if not grpc:
        return
    services_h = [stem + ".grpc.pb.h" for stem in stems]
    services_cc = [stem + ".grpc.pb.cc" for stem in stems]
    _protoc(
        name + "_grpc_protoc",
        srcs,
        imports,
        services_h + services_cc,
        "--plugin=protoc-gen-grpc=/usr/bin/grpc_cpp_plugin --grpc_out=" + out,
    )
    native.cc_library(
        name = name + "_grpc",
        srcs = services_cc,
        hdrs = services_h,
        includes = ["."],
        copts = ["-w"],
        deps = [
            ":" + name,
            "//third_party:grpc",
        ],
        visibility = visibility,
    )
