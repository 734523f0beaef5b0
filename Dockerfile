# syntax=docker/dockerfile:1

# What is built from is named by digest; `just pin` looks up what the tags name today.
ARG RUST_IMAGE=rust:1.95-bookworm@sha256:6258907abe69656e41cd992e0b705cdcfabcbbe3db374f92ed2d47121282d4a1
# The C library, that of the compiler, certificates, and nothing to log in to: no shell, no package manager.
ARG RUNTIME_IMAGE=gcr.io/distroless/cc-debian12:nonroot@sha256:9dac0a79194e45a7da0158a9c6da57b217585af0786db3845d1f0ec1a0dd182f

FROM ${RUST_IMAGE} AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --package doorward-server --bin doorward \
    && install -D target/release/doorward /out/doorward \
    && install -d /out/state

FROM ${RUNTIME_IMAGE}
COPY --from=build --chown=10001:10001 /out/state /var/lib/doorward
COPY --from=build /out/doorward /usr/local/bin/doorward
USER 10001:10001
WORKDIR /var/lib/doorward
# Inside a container loopback is nobody; what is published decides who gets in.
# Health and metrics stay on 127.0.0.1:9090, for a health check inside; where probes and scrapers come
# from outside, set DOORWARD__HTTP__OPS_LISTEN and let no one else reach it.
ENV DOORWARD__HTTP__LISTEN=0.0.0.0:8080
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/doorward"]
CMD ["serve"]
