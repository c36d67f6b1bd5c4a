# Builds an image with Docker. `make release` builds the published image without Docker.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG COMMIT=""
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -tags nomsgpack \
    -ldflags "-s -w -X github.com/routecard/routecard/internal/version.commit=$COMMIT" -o /image/usr/bin/routecard . && \
    mkdir -m 1777 /image/tmp && mkdir -p /image/var/lib /data && mkdir -m 0700 /data/routecard

FROM scratch
# COPY keeps the modes of the files in a folder, but not the mode of the folder itself.
COPY --from=build /image/ /
COPY --from=build --chown=65532:65532 /data/ /var/lib/
USER 65532:65532
WORKDIR /var/lib/routecard
ENV ROUTECARD_ADDR=0.0.0.0:3000 ROUTECARD_DATABASE=/var/lib/routecard/routecard.db
EXPOSE 3000
VOLUME /var/lib/routecard
ENTRYPOINT ["/usr/bin/routecard"]
CMD ["serve"]
