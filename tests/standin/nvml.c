/* Stands in for libnvidia-ml.so.1: a GB10 (unified memory, so memory is "not supported"), an RTX 5090, or both. */

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SUCCESS = 0, NOT_SUPPORTED = 3, NOT_FOUND = 6, INSUFFICIENT_SIZE = 7, CLOCK_GRAPHICS = 0, CLOCK_SM = 1 };

typedef struct {
    char bus_id_legacy[16];
    unsigned domain, bus, device, pci_device_id, pci_subsystem_id;
    char bus_id[32];
} pci_info;

typedef struct {
    unsigned long long total, free, used;
} memory_info;

typedef struct {
    unsigned gpu, memory;
} utilization_rates;

typedef struct {
    const char *name;
    unsigned domain, pci_device_id;
    int major, minor;
    unsigned long long memory;
} gpu;

static gpu all[] = {
    {"NVIDIA GB10", 0xf, 0x2e1210de, 12, 1, 0},
    {"NVIDIA GeForce RTX 5090", 0, 0x2b8510de, 12, 0, 34190917632ULL},
};
static gpu *gpus = &all[FIRST];

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

int nvmlDeviceGetClockInfo(gpu *handle, unsigned type, unsigned *mhz) {
    (void)handle;
    if (type != CLOCK_SM && type != CLOCK_GRAPHICS) return NOT_SUPPORTED;
    *mhz = MHZ;
    return SUCCESS;
}

int nvmlDeviceGetUtilizationRates(gpu *handle, utilization_rates *rates) {
    (void)handle;
    rates->gpu = PERCENT;
    rates->memory = 0;
    return SUCCESS;
}

int nvmlDeviceGetPowerUsage(gpu *handle, unsigned *milliwatts) {
    (void)handle;
    *milliwatts = MILLIWATTS;
    return SUCCESS;
}

int nvmlDeviceGetCurrentClocksEventReasons(gpu *handle, unsigned long long *reasons) {
    (void)handle;
    *reasons = REASONS;
    return SUCCESS;
}

int nvmlDeviceGetUUID(gpu *handle, char *text, unsigned size) {
    (void)handle;
    snprintf(text, size, "GPU-7d0c9f1e-55aa-4b6e-9c1d-0123456789ab");
    return SUCCESS;
}

int nvmlDeviceGetSerial(gpu *handle, char *text, unsigned size) {
    (void)handle;
    snprintf(text, size, "1984025001337");
    return SUCCESS;
}

int nvmlDeviceGetTemperature(gpu *handle, unsigned sensor, unsigned *celsius) {
    (void)handle;
    (void)sensor;
    *celsius = 44;
    return SUCCESS;
}

int nvmlDeviceGetComputeRunningProcesses_v3(gpu *handle, unsigned *count, void *processes) {
    enum { RUNNING = PERCENT > 0 ? 2 : 0, BYTES_OF_ONE = 24 };
    (void)handle;
    if (processes == NULL && RUNNING > 0) {
        *count = RUNNING;
        return INSUFFICIENT_SIZE;
    }
    if (processes != NULL) memset(processes, 0, RUNNING * BYTES_OF_ONE);
    *count = RUNNING;
    return SUCCESS;
}
