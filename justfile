mdbook := "0.5.4"
mermaid := "12.3.0"

# Everything at work on this machine, with nothing to set up.
dev:
    cargo run -- dev

# The suite; what to run goes behind it: `just test -p doorward-otp`.
test *arguments:
    cargo test {{arguments}}

# What the service does per second, beside what the machine does without it (docs/performance.md).
bench *arguments:
    cargo bench -p doorward-server --bench load -- {{arguments}}

# What a change must pass before it is merged, tests included.
check:
    .ci/run

# The documents as a site in target/book; asks for npm, for the diagrams.
docs:
    #!/usr/bin/env bash
    set -euo pipefail
    tools=$PWD/target/tools
    [ -x "$tools/bin/mdbook" ] || cargo install --locked --root "$tools" --version {{mdbook}} mdbook
    [ -s target/mermaid.min.js ] || npm pack --silent mermaid@{{mermaid}} --pack-destination target | xargs -I FILE tar -xzOf target/FILE package/dist/mermaid.min.js >target/mermaid.min.js
    "$tools/bin/mdbook" build

# The documentation of all crates, in the browser.
rustdoc:
    cargo doc --workspace --no-deps --open

# The pictures of the documents, from the service as it is.
pictures:
    cargo build
    docs/images/make

# What the program is linked from, as CycloneDX in target/doorward.cdx.json.
sbom:
    deploy/sbom >target/doorward.cdx.json

# Licences, advisories and who may use what.
deny:
    cargo deny check

# The service in production form, with Postgres and a mail catcher.
up: secrets
    docker compose up --build --detach

# Stops it; the data stays.
down:
    docker compose down

# The secrets that compose asks for, made once; the folder is closed to others, so that each container's user may read its own.
secrets:
    #!/usr/bin/env bash
    set -euo pipefail
    [ -e secrets ] && exit
    mkdir -m 700 secrets
    password=$(openssl rand -hex 24)
    openssl rand -base64 32 >secrets/root_secret
    printf '%s' "$password" >secrets/postgres_password
    printf 'postgres://doorward:%s@%%2Fvar%%2Frun%%2Fpostgresql/doorward' "$password" >secrets/database_url
    chmod 444 secrets/*
    echo 'add secrets/twilio_auth_token'

# Moves the images of compose and of the build to what their tags name today.
pin:
    #!/usr/bin/env bash
    set -euo pipefail
    grep -Eoh '[a-z][a-z0-9./-]*:[a-z0-9.-]+@sha256:[0-9a-f]{64}' Dockerfile docker-compose.yml | while IFS=@ read -r image old; do
        new=$(docker buildx imagetools inspect "$image" --format '{{{{.Manifest.Digest}}')
        sed -i "s/$old/$new/" Dockerfile docker-compose.yml
    done
