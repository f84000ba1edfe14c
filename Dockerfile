# SPDX-License-Identifier: Apache-2.0
# The image of Sluice: both programs, what they load, and nothing else (packaging/rootfs.sh).
#
#   docker build -t sluice --build-arg VERSION=0.1.0 --build-arg REVISION=$(git rev-parse HEAD) .
#
# BINARIES, a folder of the context with sluice and sluicectl, takes those and compiles nothing.
FROM debian:bookworm AS build
ARG BINARIES=
WORKDIR /src
COPY . .
RUN if [ -n "$BINARIES" ]; then \
      packaging/rootfs.sh /rootfs "$BINARIES/sluice" "$BINARIES/sluicectl"; \
    else \
      ./dev rootfs /rootfs; \
    fi

FROM scratch
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="sluice" \
      org.opencontainers.image.description="WebSocket gateway that holds client sockets for backend services" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
COPY --from=build /rootfs/ /
USER 65532:65532
EXPOSE 8080 8081 50051
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/sluice"]
