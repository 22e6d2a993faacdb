/* Stands in for libnvidia-ml.so.1: a GB10 (unified memory, so memory is "not supported") and, if asked, an RTX 5090. */

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SUCCESS = 0, NOT_SUPPORTED = 3, NOT_FOUND = 6 };

typedef struct {
    char bus_id_legacy[16];
    unsigned domain, bus, device, pci_device_id, pci_subsystem_id;
    char bus_id[32];
} pci_info;

typedef struct {
    unsigned long long total, free, used;
} memory_info;

typedef struct {
    const char *name;
    unsigned domain, pci_device_id;
    int major, minor;
    unsigned long long memory;
} gpu;

static gpu gpus[] = {
    {"NVIDIA GB10", 0xf, 0x2e1210de, 12, 1, 0},
    {"NVIDIA GeForce RTX 5090", 0, 0x2b8510de, 12, 0, 34190917632ULL},
};

int nvmlInitWithFlags(unsigned flags) { (void)flags; INITIALISE }
int nvmlShutdown(void) { return SUCCESS; }

int nvmlSystemGetDriverVersion(char *text, unsigned size) {
    snprintf(text, size, "580.159.03");
    return SUCCESS;
}

int nvmlSystemGetCudaDriverVersion_v2(int *version) {
    *version = 13000;
    return SUCCESS;
}

int nvmlDeviceGetCount_v2(unsigned *count) {
    *count = GPUS;
    return SUCCESS;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, gpu **handle) {
    if (index >= GPUS) return NOT_FOUND;
    *handle = &gpus[index];
    return SUCCESS;
}

int nvmlDeviceGetName(gpu *handle, char *text, unsigned size) {
    snprintf(text, size, "%s", handle->name);
    return SUCCESS;
}

int nvmlDeviceGetCudaComputeCapability(gpu *handle, int *major, int *minor) {
    *major = handle->major;
    *minor = handle->minor;
    return SUCCESS;
}

int nvmlDeviceGetMemoryInfo(gpu *handle, memory_info *memory) {
    if (handle->memory == 0) return NOT_SUPPORTED;
    memory->total = memory->free = handle->memory;
    memory->used = 0;
    return SUCCESS;
}

int nvmlDeviceGetPciInfo_v3(gpu *handle, pci_info *info) {
    memset(info, 0, sizeof *info);
    info->domain = handle->domain;
    info->bus = 1;
    info->pci_device_id = handle->pci_device_id;
    snprintf(info->bus_id_legacy, sizeof info->bus_id_legacy, "%04X:01:00.0", handle->domain);
    snprintf(info->bus_id, sizeof info->bus_id, "%08X:01:00.0", handle->domain);
    return SUCCESS;
}
