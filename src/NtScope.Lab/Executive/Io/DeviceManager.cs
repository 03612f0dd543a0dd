using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Memory;
using NtScope.Lab.Executive.Modules;
using NtScope.Lab.Executive.Objects;

namespace NtScope.Lab.Executive.Io;

/// <summary>Drivers, their devices, and files on them.</summary>
internal sealed class DeviceManager(LabKernel kernel)
{
    private readonly GuestMemory _memory = kernel.Memory;
    private readonly Dictionary<string, KernelObject> _imageFiles = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Makes a DRIVER_OBJECT.</summary>
    public KernelObject CreateDriver(LoadedDriver driver)
    {
        var name = @"\Driver\" + Path.GetFileNameWithoutExtension(driver.Name);
        var unique = name;
        for (var number = 2; kernel.Objects.Resolve(unique, out _) is not null; number++)
        {
            unique = $"{name}{number}";
        }

        var item = CreateDriver(unique, kernel.Traps.AddressOf(kernel.Apis.Find("IopInvalidDeviceRequest")!));
        item.State = driver;
        _memory.WriteUInt64(item.Address + IoLayout.DriverStart, driver.Base);
        _memory.WriteUInt32(item.Address + IoLayout.DriverSize, driver.Image.SizeOfImage);
        _memory.WriteUInt64(item.Address + IoLayout.DriverSection, driver.ListEntry.Value);
        _memory.WriteUInt64(item.Address + IoLayout.DriverInit, driver.Base + driver.Image.EntryPoint);
        return item;
    }

    /// <summary>Makes a DRIVER_OBJECT without an image.</summary>
    /// <param name="name">Its full name.</param>
    /// <param name="dispatch">Its routine for all requests.</param>
    public KernelObject CreateDriver(string name, ulong dispatch)
    {
        var item = kernel.Objects.Create(ObjectKind.Driver, IoLayout.DriverBytes + 0x80 + ((ulong)(name.Length + 1) * 2), name);
        var address = item.Address;
        var text = address + IoLayout.DriverBytes + 0x80;
        _memory.WriteUInt16(address, 4);
        _memory.WriteUInt16(address + 2, (ushort)IoLayout.DriverBytes);
        _memory.WriteUInt64(address + IoLayout.DriverExtension, address + IoLayout.DriverBytes);
        _memory.WriteUInt64(address + IoLayout.DriverBytes, address);
        _memory.WriteString(text, name);
        _memory.WriteUnicodeString(address + IoLayout.DriverName, text, name.Length * 2, (name.Length + 1) * 2);
        for (var i = 0UL; i < (ulong)DispatchNames.Count; i++)
        {
            _memory.WriteUInt64(address + IoLayout.DriverMajorFunction + (i * 8), dispatch);
        }

        return item;
    }

    /// <summary>The UNICODE_STRING of a driver's registry key.</summary>
    public ulong RegistryPath(KernelObject driver)
    {
        var path = @"\REGISTRY\MACHINE\SYSTEM\ControlSet001\Services" + driver.Name![@"\Driver".Length..];
        var block = kernel.Pool.Allocate(16 + ((ulong)(path.Length + 1) * 2), "RegP");
        _memory.WriteString(block + 16, path);
        _memory.WriteUnicodeString(block, block + 16, path.Length * 2, (path.Length + 1) * 2);
        return block;
    }

    /// <summary>Devices that DriverEntry made can be opened once it has returned.</summary>
    public void FinishInitialization(ulong driver)
    {
        foreach (var device in DevicesOf(driver))
        {
            var flags = device + IoLayout.DeviceFlags;
            _memory.WriteUInt32(flags, _memory.ReadUInt32(flags) & ~IoLayout.Initializing);
        }
    }

    /// <summary>Makes a device.</summary>
    public NtStatus CreateDevice(ulong driver, uint extensionBytes, string name, uint type, uint characteristics, bool exclusive, out ulong device)
    {
        device = 0;
        if (name.Length != 0 && (name[0] != '\\' || name.EndsWith('\\')))
        {
            return NtStatus.ObjectPathSyntaxBad;
        }

        if (name.Length != 0 && kernel.Objects.Resolve(name, out var rest) is not null && rest.Length == 0)
        {
            return NtStatus.ObjectNameCollision;
        }

        if (name.Length != 0 && !kernel.Objects.HasDirectoryOf(name))
        {
            return NtStatus.ObjectPathNotFound;
        }

        // The structure's Size is a USHORT and holds the extension too.
        if (extensionBytes > ushort.MaxValue - IoLayout.DeviceBytes)
        {
            return NtStatus.InsufficientResources;
        }

        var item = kernel.Objects.Create(ObjectKind.Device, IoLayout.DeviceBytes + 0x70 + extensionBytes, name.Length == 0 ? null : name);
        device = item.Address;
        item.State = kernel.Objects.Find(driver)?.State;
        _memory.WriteUInt16(device, 3);
        _memory.WriteUInt16(device + 2, (ushort)(IoLayout.DeviceBytes + extensionBytes));
        _memory.WriteUInt64(device + IoLayout.DeviceDriverObject, driver);
        _memory.WriteUInt64(device + IoLayout.DeviceNext, _memory.ReadUInt64(driver + IoLayout.DriverDevice));
        _memory.WriteUInt32(device + IoLayout.DeviceFlags, IoLayout.Initializing | (exclusive ? 8u : 0) | (name.Length == 0 ? 0 : 0x40u));
        _memory.WriteUInt32(device + IoLayout.DeviceCharacteristics, characteristics);
        _memory.WriteUInt64(device + IoLayout.DeviceExtension, extensionBytes == 0 ? 0 : device + IoLayout.DeviceBytes + 0x70);
        _memory.WriteUInt32(device + IoLayout.DeviceType, type);
        _memory.WriteByte(device + IoLayout.DeviceStackSize, 1);
        _memory.WriteUInt64(device + IoLayout.DeviceObjectExtension, device + IoLayout.DeviceBytes);
        _memory.WriteUInt64(driver + IoLayout.DriverDevice, device);
        return NtStatus.Success;
    }

    /// <summary>Deletes a device.</summary>
    public void DeleteDevice(ulong device)
    {
        var item = kernel.Objects.Get(device);
        kernel.Shutdown.Remove(device);
        var driver = _memory.ReadUInt64(device + IoLayout.DeviceDriverObject);
        var slot = driver + IoLayout.DriverDevice;
        for (var count = 0; count < 10_000 && _memory.ReadUInt64(slot) is var next && next != 0; count++)
        {
            if (next == device)
            {
                _memory.WriteUInt64(slot, _memory.ReadUInt64(device + IoLayout.DeviceNext));
                break;
            }

            slot = next + IoLayout.DeviceNext;
        }

        if (item.Name is { } name)
        {
            kernel.Objects.RemoveName(name);
            item.Name = null;
        }

        kernel.Objects.Dereference(item);
    }

    /// <summary>The devices of a driver.</summary>
    public IEnumerable<ulong> DevicesOf(ulong driver)
    {
        var device = _memory.ReadUInt64(driver + IoLayout.DriverDevice);
        for (var count = 0; device != 0 && count < 10_000; count++)
        {
            yield return device;
            device = _memory.ReadUInt64(device + IoLayout.DeviceNext);
        }
    }

    /// <summary>The device at the top of the stack that a device belongs to.</summary>
    public ulong Top(ulong device)
    {
        for (var count = 0; count < LabLimits.StackLocations && _memory.ReadUInt64(device + IoLayout.DeviceAttached) is var above && above != 0; count++)
        {
            device = above;
        }

        return device;
    }

    /// <summary>Puts a device on top of the stack that another belongs to.</summary>
    /// <returns>The device that it lies on.</returns>
    public ulong Attach(ulong source, ulong target)
    {
        var top = Top(target);
        _memory.WriteUInt64(top + IoLayout.DeviceAttached, source);
        _memory.WriteByte(source + IoLayout.DeviceStackSize, (byte)(_memory.ReadByte(top + IoLayout.DeviceStackSize) + 1));
        SetAttachedTo(source, top);
        return top;
    }

    /// <summary>Takes off what lies on a device.</summary>
    public void Detach(ulong lower)
    {
        kernel.Objects.Get(lower);
        var upper = _memory.ReadUInt64(lower + IoLayout.DeviceAttached);
        _memory.WriteUInt64(lower + IoLayout.DeviceAttached, 0);
        if (kernel.Objects.Find(upper) is { Kind: ObjectKind.Device })
        {
            SetAttachedTo(upper, 0);
        }
    }

    private void SetAttachedTo(ulong device, ulong lower) =>
        _memory.WriteUInt64(_memory.ReadUInt64(device + IoLayout.DeviceObjectExtension) + IoLayout.ExtensionAttachedTo, lower);

    /// <summary>Makes a FILE_OBJECT.</summary>
    public KernelObject CreateFile(ulong device, string name)
    {
        var item = kernel.Objects.Create(ObjectKind.File, IoLayout.FileBytes + 8 + ((ulong)(name.Length + 1) * 2));
        var text = item.Address + IoLayout.FileBytes + 8;
        _memory.WriteUInt16(item.Address, 5);
        _memory.WriteUInt16(item.Address + 2, (ushort)IoLayout.FileBytes);
        _memory.WriteUInt64(item.Address + IoLayout.FileDevice, device);
        _memory.WriteString(text, name);
        _memory.WriteUnicodeString(item.Address + IoLayout.FileName, name.Length == 0 ? 0 : text, name.Length * 2, name.Length == 0 ? 0 : (name.Length + 1) * 2);
        kernel.Dispatcher.InitializeEvent(item.Address + IoLayout.FileEvent);
        return item;
    }

    /// <summary>A FILE_OBJECT that stands for a process's image; one is kept for each path.</summary>
    public ulong ImageFileObject(string path)
    {
        if (!_imageFiles.TryGetValue(path, out var item))
        {
            if (_imageFiles.Count >= 256)
            {
                foreach (var old in _imageFiles.Values)
                {
                    kernel.Objects.Dereference(old);
                }

                _imageFiles.Clear();
            }

            item = CreateFile(0, path.Length > 2 && path[1] == ':' ? path[2..] : path);
            _imageFiles.Add(path, item);
        }

        return item.Address;
    }
}
