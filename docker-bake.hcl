# Both images, for this machine or for a registry:
#
#   docker buildx bake                                                     speechd:cpu and speechd:gpu
#   REGISTRY=registry.example.com/ docker buildx bake --push published     the CPU's for amd64 and arm64, too
#   docker buildx bake gpu-cu126                                           for GPUs before Turing, which CUDA 13 lacks
#
# deploy/compose.yaml, deploy/kubernetes and the documents have the tags that are made here.

variable "REGISTRY" {
  default = "" # with a slash at the end
}

variable "VERSION" {
  default = "0.1.0"
}

# What the Dockerfiles say of these arguments holds here.
variable "LANGUAGES" {
  default = "all-languages"
}

variable "WEIGHTS" {
  default = "1"
}

group "default" {
  targets = ["cpu", "gpu"]
}

group "published" {
  targets = ["cpu-published", "gpu"]
}

target "common" {
  context = "."
  args = {
    LANGUAGES = LANGUAGES
    WEIGHTS   = WEIGHTS
  }
}

target "cpu" {
  inherits   = ["common"]
  dockerfile = "Dockerfile.cpu"
  tags       = ["${REGISTRY}speechd:cpu", "${REGISTRY}speechd:cpu-${VERSION}"]
}

target "cpu-published" {
  inherits  = ["cpu"]
  platforms = ["linux/amd64", "linux/arm64"]
}

target "gpu" {
  inherits   = ["common"]
  dockerfile = "Dockerfile.gpu"
  tags       = ["${REGISTRY}speechd:gpu", "${REGISTRY}speechd:gpu-${VERSION}"]
  platforms  = ["linux/amd64"]
}

target "gpu-cu126" {
  inherits = ["gpu"]
  args = {
    SPEECHD_TORCH = "torch==2.13.0+cu126"
  }
  tags = ["${REGISTRY}speechd:gpu-cu126", "${REGISTRY}speechd:gpu-cu126-${VERSION}"]
}
