# syntax=docker/dockerfile:1

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --package doorward-server --bin doorward \
    && install -D target/release/doorward /out/doorward

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/doorward --create-home --shell /usr/sbin/nologin doorward
COPY --from=build /out/doorward /usr/local/bin/doorward
USER 10001
WORKDIR /var/lib/doorward
# Inside a container loopback is nobody; what is published decides who gets in.
ENV DOORWARD__HTTP__LISTEN=0.0.0.0:8080 \
    DOORWARD__HTTP__OPS_LISTEN=0.0.0.0:9090
EXPOSE 8080 9090
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/doorward"]
CMD ["serve"]
