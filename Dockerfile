# syntax=docker/dockerfile:1

# What is built from is named by digest; `just pin` looks up what the tags name today.
ARG RUST_IMAGE=rust:1.95-bookworm@sha256:6258907abe69656e41cd992e0b705cdcfabcbbe3db374f92ed2d47121282d4a1
ARG DEBIAN_IMAGE=debian:bookworm-slim@sha256:88200866dfff7ea7f5cbcb6ec7c8a701889efe6fe859fe64d6990e4b07ea4171

FROM ${RUST_IMAGE} AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --package doorward-server --bin doorward \
    && install -D target/release/doorward /out/doorward

FROM ${DEBIAN_IMAGE}
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/doorward --create-home --shell /usr/sbin/nologin doorward
COPY --from=build /out/doorward /usr/local/bin/doorward
USER 10001
WORKDIR /var/lib/doorward
# Inside a container loopback is nobody; what is published decides who gets in.
# Health and metrics stay on 127.0.0.1:9090, for a health check inside; where probes and scrapers come
# from outside, set DOORWARD__HTTP__OPS_LISTEN and let no one else reach it.
ENV DOORWARD__HTTP__LISTEN=0.0.0.0:8080
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/doorward"]
CMD ["serve"]
