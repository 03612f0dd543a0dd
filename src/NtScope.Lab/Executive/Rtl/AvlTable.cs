using NtScope.Lab.Executive.Memory;

namespace NtScope.Lab.Executive.Rtl;

/// <summary>
/// An RTL_AVL_TABLE in guest memory: a tree of RTL_BALANCED_LINKS below the right child of the table's own (wdm.h, x64). The driver owns
/// that memory, so every walk has an end.
/// </summary>
internal readonly struct AvlTable(LabKernel kernel, ulong table)
{
    /// <summary>Bytes of RTL_BALANCED_LINKS, which the user's data follows.</summary>
    public const ulong LinksBytes = 0x20;

    /// <summary>Bytes of RTL_AVL_TABLE.</summary>
    public const int TableBytes = 0x68;

    // The deepest AVL tree of 2^32 elements has 46 levels.
    private const int MaximumDepth = 64;
    private const ulong LeftChild = 0x08;
    private const ulong RightChild = 0x10;
    private const ulong Balance = 0x18;
    private const ulong OrderedPointerOffset = 0x20;
    private const ulong WhichOrderedOffset = 0x28;
    private const ulong ElementsOffset = 0x2C;
    private const ulong DepthOffset = 0x30;
    private const ulong RestartOffset = 0x38;
    private const ulong DeletionsOffset = 0x40;
    private readonly GuestMemory _memory = kernel.Memory;

    /// <summary>The elements.</summary>
    public uint Count => _memory.ReadUInt32(table + ElementsOffset);

    /// <summary>Elements that were ever deleted.</summary>
    public uint Deletions => _memory.ReadUInt32(table + DeletionsOffset);

    /// <summary>The root; 0 for an empty tree.</summary>
    public ulong Root => Right(table);

    /// <summary>The element that was enumerated last; 0 for none.</summary>
    public ulong Restart
    {
        get => _memory.ReadUInt64(table + RestartOffset);
        set => _memory.WriteUInt64(table + RestartOffset, value);
    }

    /// <summary>Makes an empty table of cleared memory.</summary>
    public void Initialize()
    {
        _memory.Clear(table, TableBytes);
        SetParent(table, table);
    }

    /// <summary>Stops the machine if the memory holds no table.</summary>
    public void EnsureValid()
    {
        if (Parent(table) != table)
        {
            throw Bad("is used as an AVL table and is none");
        }
    }

    /// <summary>Makes the exception for a table that cannot be used.</summary>
    public Exception Bad(string problem) => kernel.Stop("bad-table", $"0x{table:x} {problem}", kernel.Threads.Current.Trap.Caller?.Name);

    /// <summary>The child on a side; 0 for none.</summary>
    /// <param name="node">The node.</param>
    /// <param name="side">-1 for left, 1 for right.</param>
    public ulong Child(ulong node, int side) => side < 0 ? Left(node) : Right(node);

    /// <summary>The first element in order; 0 for none.</summary>
    public ulong First() => Root is var root && root == 0 ? 0 : Outermost(root, -1);

    /// <summary>The neighbour in order; 0 behind the last one.</summary>
    /// <param name="node">An element.</param>
    /// <param name="side">-1 for the one before, 1 for the one behind.</param>
    public ulong Neighbour(ulong node, int side)
    {
        if (Child(node, side) is var child && child != 0)
        {
            return Outermost(child, -side);
        }

        for (var depth = 0; depth < MaximumDepth; depth++)
        {
            var parent = Parent(node);
            if (parent == table || parent == 0)
            {
                return 0;
            }

            if (SideOf(node) != side)
            {
                return parent;
            }

            node = parent;
        }

        throw Endless();
    }

    /// <summary>The element at a position; 0 if there are fewer. Ascending positions take one step each.</summary>
    public ulong ElementAt(uint index)
    {
        if (index >= Count)
        {
            return 0;
        }

        var (node, at) = (_memory.ReadUInt64(table + OrderedPointerOffset), _memory.ReadUInt32(table + WhichOrderedOffset));
        if (node == 0 || at == 0 || at - 1 > index)
        {
            (node, at) = (First(), 1);
        }

        kernel.Verifier.Charge(index + 1 - at);
        for (; node != 0 && at <= index; at++)
        {
            node = Neighbour(node, 1);
        }

        _memory.WriteUInt64(table + OrderedPointerOffset, node);
        _memory.WriteUInt32(table + WhichOrderedOffset, node == 0 ? 0 : at);
        return node;
    }

    /// <summary>Puts an element below another one.</summary>
    /// <param name="node">The element's links.</param>
    /// <param name="parent">The element above; 0 in an empty tree.</param>
    /// <param name="side">-1 for its left child, 1 for its right one.</param>
    public void Insert(ulong node, ulong parent, int side)
    {
        _memory.Clear(node, (int)LinksBytes);
        if (parent == 0)
        {
            (parent, side) = (table, 1);
        }

        SetParent(node, parent);
        SetChild(parent, side, node);
        Changed(Count + 1);
        for (var depth = 0; parent != table; depth++)
        {
            var balance = BalanceOf(parent);
            if (balance == -side)
            {
                SetBalance(parent, 0);
                return;
            }

            if (balance != 0)
            {
                _ = Rebalance(parent, side);
                return;
            }

            SetBalance(parent, side);
            Climb(ref parent, ref side, depth);
        }

        _memory.WriteUInt32(table + DepthOffset, _memory.ReadUInt32(table + DepthOffset) + 1);
    }

    /// <summary>Takes an element out.</summary>
    public void Delete(ulong node)
    {
        if (Restart == node)
        {
            Restart = Neighbour(node, -1);
        }

        // One with two children changes places with its neighbour on the deeper side, which has at most one.
        var easy = Left(node) == 0 || Right(node) == 0 ? node : BalanceOf(node) >= 0 ? Outermost(Right(node), -1) : Outermost(Left(node), 1);
        var (parent, side) = (Parent(easy), SideOf(easy));
        var child = Left(easy) == 0 ? Right(easy) : Left(easy);
        SetChild(parent, side, child);
        if (child != 0)
        {
            SetParent(child, parent);
        }

        Shrunk(parent, side);
        if (easy != node)
        {
            TakePlace(easy, node);
        }

        Changed(Count - 1);
        _memory.WriteUInt32(table + DeletionsOffset, Deletions + 1);
    }

    private void Shrunk(ulong parent, int side)
    {
        for (var depth = 0; parent != table; depth++)
        {
            var balance = BalanceOf(parent);
            if (balance == 0)
            {
                SetBalance(parent, -side);
                return;
            }

            if (balance == side)
            {
                SetBalance(parent, 0);
            }
            else if (Rebalance(parent, -side))
            {
                return;
            }
            else
            {
                parent = Parent(parent);
            }

            Climb(ref parent, ref side, depth);
        }

        _memory.WriteUInt32(table + DepthOffset, _memory.ReadUInt32(table + DepthOffset) - 1);
    }

    // Rotates a node whose side is two levels deeper than the other. True if the tree below keeps its depth.
    private bool Rebalance(ulong node, int side)
    {
        var child = Child(node, side);
        if (BalanceOf(child) != -side)
        {
            var keeps = BalanceOf(child) == 0;
            Promote(child, side);
            SetBalance(child, keeps ? -side : 0);
            SetBalance(node, keeps ? side : 0);
            return keeps;
        }

        var grandchild = Child(child, -side);
        var balance = BalanceOf(grandchild);
        Promote(grandchild, -side);
        Promote(grandchild, side);
        SetBalance(node, balance == side ? -side : 0);
        SetBalance(child, balance == -side ? side : 0);
        SetBalance(grandchild, 0);
        return false;
    }

    // A child takes its parent's place, and the parent becomes its child on the other side.
    private void Promote(ulong child, int side)
    {
        var parent = Parent(child);
        var above = Parent(parent);
        var moved = Child(child, -side);
        SetChild(above, SideOf(parent), child);
        SetParent(child, above);
        SetChild(parent, side, moved);
        if (moved != 0)
        {
            SetParent(moved, parent);
        }

        SetChild(child, -side, parent);
        SetParent(parent, child);
    }

    private void TakePlace(ulong node, ulong old)
    {
        var (parent, side) = (Parent(old), SideOf(old));
        _memory.Write(node, _memory.Span(old, (int)LinksBytes));
        SetChild(parent, side, node);
        foreach (var child in (ReadOnlySpan<ulong>)[Left(node), Right(node)])
        {
            if (child != 0)
            {
                SetParent(child, node);
            }
        }
    }

    private void Changed(uint count)
    {
        _memory.WriteUInt32(table + ElementsOffset, count);
        _memory.WriteUInt64(table + OrderedPointerOffset, 0);
        _memory.WriteUInt32(table + WhichOrderedOffset, 0);
    }

    private void Climb(ref ulong node, ref int side, int depth)
    {
        if (depth >= MaximumDepth)
        {
            throw Endless();
        }

        side = SideOf(node);
        node = Parent(node);
    }

    private ulong Outermost(ulong node, int side)
    {
        for (var depth = 0; depth < MaximumDepth; depth++)
        {
            if (Child(node, side) is var child && child == 0)
            {
                return node;
            }

            node = Child(node, side);
        }

        throw Endless();
    }

    private Exception Endless() => Bad("is an AVL table whose links lead in a circle");

    private int SideOf(ulong node) => Left(Parent(node)) == node ? -1 : 1;

    private ulong Parent(ulong node) => _memory.ReadUInt64(node);

    private ulong Left(ulong node) => _memory.ReadUInt64(node + LeftChild);

    private ulong Right(ulong node) => _memory.ReadUInt64(node + RightChild);

    private int BalanceOf(ulong node) => (sbyte)_memory.ReadByte(node + Balance);

    private void SetParent(ulong node, ulong parent) => _memory.WriteUInt64(node, parent);

    private void SetChild(ulong node, int side, ulong child) => _memory.WriteUInt64(node + (side < 0 ? LeftChild : RightChild), child);

    private void SetBalance(ulong node, int balance) => _memory.WriteByte(node + Balance, (byte)(sbyte)balance);
}
